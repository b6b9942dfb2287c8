-- Refuses the access tokens of a user that are of an older generation. A revocation that was read a moment ago must not
-- take back a newer one.
--
-- KEYS: 1 the user's generation
-- ARGV: 1 generation, 2 seconds kept

if tonumber(ARGV[1]) > tonumber(redis.call('GET', KEYS[1]) or '0') then redis.call('SET', KEYS[1], ARGV[1]) end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 0
