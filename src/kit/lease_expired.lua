-- The nodes whose lease has run out, by Redis' time.
--
-- KEYS: 1 nodes

local t = redis.call('TIME')
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', t[1] * 1000 + math.floor(t[2] / 1000))
