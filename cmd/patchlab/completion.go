package main

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"patchlab/lab/experiment"
)

type completionCommand struct {
	Shell string `arg:"" name:"SHELL" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

//go:embed completion.bash
var bashTemplate string

//go:embed completion.zsh
var zshTemplate string

// completion carries out "patchlab completion": a script made of the grammar itself.
func (a *app) completion(k *kong.Kong, shell string) (status, error) {
	switch commands := k.Model.Children; shell {
	case "bash":
		fmt.Fprint(a.out, strings.NewReplacer(
			"@COMMANDS@", names(commands), "@FLAGS@", bashFlags(commands), "@VALUES@", valueFlags(commands),
			"@BREAKS@", strings.Join(experiment.BreakNames(), " "), "@MODELS@", strings.Join(experiment.Models, " ")).Replace(bashTemplate))
	case "zsh":
		fmt.Fprint(a.out, strings.NewReplacer("@COMMANDS@", zshCommands(commands), "@FLAGS@", zshFlags(commands)).Replace(zshTemplate))
	default:
		fmt.Fprint(a.out, fish(commands))
	}
	return asExpected, nil
}

// names lists commands.
func names(commands []*kong.Node) string {
	var list []string
	for _, c := range commands {
		list = append(list, c.Name)
	}
	return strings.Join(list, " ")
}

// bashFlags writes the branches of a case over commands, with the flags of each.
func bashFlags(commands []*kong.Node) string {
	var b strings.Builder
	for _, c := range commands {
		var flags []string
		for _, f := range c.Flags {
			flags = append(flags, "-"+f.Name)
		}
		fmt.Fprintf(&b, "\t%s) flags='%s' ;;\n", c.Name, strings.Join(append(flags, "-h"), " "))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// valueFlags lists the flags whose value is no file, as a pattern of a case.
func valueFlags(commands []*kong.Node) string {
	var list []string
	seen := map[string]bool{}
	for _, c := range commands {
		for _, f := range c.Flags {
			if !f.IsBool() && !takesFile(f) && !seen[f.Name] {
				seen[f.Name] = true
				list = append(list, "-"+f.Name)
			}
		}
	}
	return strings.Join(list, "|")
}

// takesFile reports whether the value of a flag is a file.
func takesFile(f *kong.Flag) bool {
	return strings.HasPrefix(f.PlaceHolder, "FILE") || strings.HasSuffix(f.PlaceHolder, ".txtar")
}

// zshCommands writes what _describe wants.
func zshCommands(commands []*kong.Node) string {
	var b strings.Builder
	for _, c := range commands {
		fmt.Fprintf(&b, "\t\t'%s:%s'\n", c.Name, zshText(c.Help))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// zshFlags writes the branches of a case over commands, with what _arguments wants.
func zshFlags(commands []*kong.Node) string {
	var b strings.Builder
	for _, c := range commands {
		fmt.Fprintf(&b, "\t%s)\n\t\t_arguments \\\n", c.Name)
		for _, f := range c.Flags {
			value := ""
			switch {
			case takesFile(f):
				value = ":file:_files"
			case !f.IsBool():
				value = ":" + strings.ToLower(f.PlaceHolder) + ":"
			}
			fmt.Fprintf(&b, "\t\t\t'-%s[%s]%s' \\\n", f.Name, zshText(f.Help), value)
		}
		b.WriteString("\t\t\t'*:file:_files'\n\t\t;;\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// zshText makes a text one that can stand between quotes and brackets.
func zshText(s string) string {
	return strings.NewReplacer("'", "", "[", "(", "]", ")", ":", ",", "${default}", "").Replace(s)
}

// fish writes a line for each command and each flag.
func fish(commands []*kong.Node) string {
	var b strings.Builder
	b.WriteString("# patchlab's words for fish: patchlab completion fish | source\n")
	all := names(commands)
	for _, c := range commands {
		fmt.Fprintf(&b, "complete -c patchlab -f -n 'not __fish_seen_subcommand_from %s' -a %s -d %s\n", all, c.Name, fishText(c.Help))
		for _, f := range c.Flags {
			value := ""
			switch {
			case takesFile(f):
				value = " -r -F"
			case !f.IsBool():
				value = " -x"
			}
			fmt.Fprintf(&b, "complete -c patchlab -n '__fish_seen_subcommand_from %s' -o %s%s -d %s\n", c.Name, f.Name, value, fishText(f.Help))
		}
	}
	return b.String()
}

// fishText quotes a text for fish.
func fishText(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}
