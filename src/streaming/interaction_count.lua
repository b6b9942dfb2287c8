-- Counts an interaction; likes and favourites once per member.
--
-- KEYS: 1 totals, 2 members, 3 recent
-- ARGV: 1 field, 2 member or '' where each time counts, 3 emoji or '', 4 seconds kept
-- Returns 0 where the member was counted before.

if ARGV[2] ~= '' and redis.call('SADD', KEYS[2], ARGV[2]) == 0 then return 0 end
redis.call('HINCRBY', KEYS[1], ARGV[1], 1)
redis.call('EXPIRE', KEYS[1], ARGV[4])
if ARGV[2] ~= '' then redis.call('EXPIRE', KEYS[2], ARGV[4]) end
if ARGV[3] ~= '' then
  redis.call('HINCRBY', KEYS[3], ARGV[3], 1)
  redis.call('EXPIRE', KEYS[3], 60)
end
return 1
