module patchlab

go 1.26.0

require (
	github.com/alecthomas/kong v1.17.0
	github.com/cespare/xxhash/v2 v2.3.0
	github.com/rogpeppe/go-internal v1.16.0
	github.com/unicorn-engine/unicorn v0.0.0-00010101000000-000000000000
	golang.org/x/arch v0.32.0
	golang.org/x/tools v0.51.0
	pgregory.net/rapid v1.3.0
)

require golang.org/x/sys v0.48.0

replace github.com/unicorn-engine/unicorn => ./standin/unicorn
