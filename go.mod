module patchlab

go 1.26.0

require (
	github.com/cespare/xxhash/v2 v2.3.0
	github.com/unicorn-engine/unicorn v0.0.0-00010101000000-000000000000
	golang.org/x/arch v0.32.0
	golang.org/x/tools v0.51.0
	pgregory.net/rapid v1.3.0
)

replace github.com/unicorn-engine/unicorn => ./standin/unicorn
