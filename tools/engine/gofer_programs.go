package config

import (
	"gvisor.dev/gvisor/pkg/seccomp"
	"gvisor.dev/gvisor/pkg/seccomp/precompiledseccomp"
)

// SandlotPrograms compiles the filters of a gofer as Sandlot starts it: directfs, no sockets of the host.
func SandlotPrograms() ([]precompiledseccomp.Program, error) {
	var programs []precompiledseccomp.Program
	for _, needed := range []bool{false, true} {
		options := Options{DirectFS: true, LisafsNeeded: needed}
		var names []string
		for name := range options.Vars() {
			names = append(names, name)
		}
		build := func(values precompiledseccomp.Values) *seccomp.Program {
			allowed, denied := rules(options, values)
			return &seccomp.Program{
				RuleSets: []seccomp.RuleSet{{Rules: denied.Copy()}, {Rules: allowed.Copy(), Action: seccomp.Allow}},
			}
		}
		program, err := precompiledseccomp.Precompile(options.ConfigKey(), names, build)
		if err != nil {
			return nil, err
		}
		programs = append(programs, program)
	}
	return programs, nil
}
