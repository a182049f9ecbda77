module patchlab

go 1.26.0

require github.com/unicorn-engine/unicorn v0.0.0-00010101000000-000000000000

replace github.com/unicorn-engine/unicorn => ./standin/unicorn
