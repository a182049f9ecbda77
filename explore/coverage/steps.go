package coverage

import "patchlab/livepatch"

// when is a set of phases without their direction: a bit for each stage, and one for none.
type when uint8

const (
	idle      when = 1 << livepatch.Complete // no transition
	beginning when = 1 << livepatch.Initializing
	moving    when = 1 << livepatch.Starting
	turning   when = 1 << livepatch.Reversing
	canceling when = 1 << livepatch.Canceling
	ending    when = 1 << livepatch.Completing
	settled        = idle | moving // klp_mutex can be taken then, and only then
)

// from says that from this step of a table on, up to the next entry, a task stands there
// only in these phases: the phase changes by these very steps, or not while klp_mutex is
// held. 0 is no limit.
type from struct {
	step string
	when when
}

// held are the tables whose steps hold klp_mutex, by name.
var held = map[string][]from{
	"enable": {
		{"P.check", 0},
		{"P.init", settled},
		{"P.init_transition", idle},
		{"wmb_enable", beginning},
		{"P.enabled", moving},
		{"P.unlock", settled},
		{"P.fail", beginning},
		{"P.target_cancel", canceling},
		{"P.free", settled},
	},
	"init transition":  {{"P.transition", idle}, {"P.lock_state", beginning}},
	"start transition": {{"P.starting", beginning | turning}, {"P.lock_flag", moving}},
	"try complete transition": {
		{"P.entry", moving | canceling},
		{"P.lock_try", moving},
		{"P.completing", moving | canceling},
		{"P.replaced[p]", ending},
		{"P.target_idle", idle},
	},
	"unpatch objects": {{"P.object[o]", ending | beginning}},
	"patch object":    {{"P.find[f]", beginning}},
	"write site":      {{"W.write", beginning | ending}},
	"text":            {{"T.lock", beginning | ending}},
	"write enabled": {
		{"P.lock", 0},
		{"P.choose", settled},
		{"P.init_transition", idle},
		{"P.pre_unpatch[o]", beginning},
		{"P.enabled", moving},
		{"P.disabled", settled},
		{"P.reversing", moving},
		{"P.lock_unflag", turning},
		{"P.unlock", settled},
	},
	"write force":     {{"P.value", 0}, {"P.forcing", settled}, {"P.lock_force", moving}},
	"transition work": {{"W.wait", 0}, {"W.attempt", settled}},
}
