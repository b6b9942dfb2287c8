-- Notes the numbers that were published, unless somebody has been shown other ones since they were compared.
--
-- KEYS: 1 counts
-- ARGV: 1 channel, 2 what was compared with, 3 what was published ('' for nobody listens)
-- Returns 0 where it was not noted.

if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
if ARGV[3] == '' then return redis.call('HDEL', KEYS[1], ARGV[1]) end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
