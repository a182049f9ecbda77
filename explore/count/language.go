package count

import _ "embed"

// Language explains the files to who writes one, in at most 95 columns.
//
//go:embed language.txt
var Language string
