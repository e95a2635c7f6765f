-- Gives a value that is still being made, if it is there: it counts as kept now. KEYS: as in put.lua. ARGV: milliseconds.
local ages, sizes, key = KEYS[1], KEYS[2], KEYS[3]
local value, age = redis.call('GET', key), ARGV[1]
if value then
  local time = redis.call('TIME')
  redis.call('ZADD', ages, time[1] * 1000 + math.floor(time[2] / 1000), key)
  redis.call('PEXPIRE', key, age)
  redis.call('PEXPIRE', ages, age)
  redis.call('PEXPIRE', sizes, age)
end
return value
