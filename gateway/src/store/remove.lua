-- Forgets a value; 1 if there was one. KEYS: as in put.lua.
local ages, sizes, key = KEYS[1], KEYS[2], KEYS[3]
redis.call('ZREM', ages, key)
local size = redis.call('HGET', sizes, key)
if size then
  redis.call('HDEL', sizes, key)
  redis.call('HINCRBY', sizes, 'all', -size)
end
return redis.call('DEL', key)
