// Package experiment runs scenario files: it compiles the sources, makes a laboratory,
// carries out the script and says whether all was as expected.
package experiment
