-- Keeps a value for a while, and drops the oldest until all that is kept is within its bounds.
-- KEYS: when each was kept, how large each is, the value's. ARGV: the value, milliseconds, most values, most bytes.
-- Gives the keys of the values that are to go.
local ages, sizes, key = KEYS[1], KEYS[2], KEYS[3]
local value, age, most, most_bytes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function leave(which)
  redis.call('ZREM', ages, which)
  local size = redis.call('HGET', sizes, which)
  if size then
    redis.call('HDEL', sizes, which)
    redis.call('HINCRBY', sizes, 'all', -size)
  end
end

leave(key)
for _, old in ipairs(redis.call('ZRANGEBYSCORE', ages, '-inf', now - age)) do
  leave(old)
end
local gone = {}
local function held()
  return tonumber(redis.call('HGET', sizes, 'all') or 0)
end
while redis.call('ZCARD', ages) >= most or held() + #value > most_bytes do
  local oldest = redis.call('ZRANGE', ages, 0, 0)[1]
  if not oldest then
    -- Nothing is there: the sum outlived what it is of, as where the server makes room on its own.
    redis.call('DEL', sizes)
    break
  end
  leave(oldest)
  gone[#gone + 1] = oldest
end
redis.call('SET', key, value, 'PX', age)
redis.call('ZADD', ages, now, key)
redis.call('HSET', sizes, key, #value)
redis.call('HINCRBY', sizes, 'all', #value)
redis.call('PEXPIRE', ages, age)
redis.call('PEXPIRE', sizes, age)
return gone
