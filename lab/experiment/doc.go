// Package experiment runs scenario files: it compiles the sources, makes a laboratory,
// carries out the script and says what happened, and whether all was as expected.
//
//	s, err := scenario.Parse("mine.txtar", data)
//	built, err := experiment.Build(s, nil)
//	report, err := built.Run(experiment.Options{}) // as often as you like
//	defer report.Lab.Close()
//	if !report.OK() {
//		fmt.Print(report.Timeline(), report.Summary(true))
//	}
//
// Expectations that are not met are in the report; an error says why the script could
// not be carried on. A report depends on the scenario and on the options only, never on
// the host, unless the run was ended from outside ([Options.MaxWall], [Options.Cancel]).
package experiment
