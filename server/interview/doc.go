// Package interview holds the nouns of a rehearsal and nothing that acts: packs, items, rubrics,
// formats, the events of a session's log, and Apply, the pure fold from events to state.
//
// It imports the standard library only, and every other room imports it.
package interview
