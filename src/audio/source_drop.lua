-- Has the holder's worker end the source, and refuses sources for a while. What a stopped source named as playing does
-- not come back with it.
--
-- KEYS: 1 lease, 2 refused, 3 last
-- ARGV: 1 milliseconds of refusal

if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'drop', '1') end
redis.call('HDEL', KEYS[3], 'artist', 'track')
if tonumber(ARGV[1]) > 0 then redis.call('SET', KEYS[2], '1', 'PX', ARGV[1]) end
return 0
