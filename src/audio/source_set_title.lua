-- Notes what a source names as playing.
--
-- KEYS: 1 lease, 2 last
-- ARGV: 1 artist, 2 track, 3 ms kept
-- Returns 0 where there is no source.

if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[2], 'artist', ARGV[1], 'track', ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('HDEL', KEYS[1], 'staleArtist', 'staleTrack')
return 1
