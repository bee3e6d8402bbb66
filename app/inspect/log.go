package inspect

import (
	"fmt"

	"marque/authority"
)

// InLog looks a list up in the log, and returns the entry, counted from 0, that records it. What is wrong is added to l.Wrong: there
// is none, or one of another list.
func InLog(l *List, log *authority.ListLog) (index uint64, ok bool) {
	if l.Realm != log.Core.Realm {
		l.complain("it is of another realm than the log")
		return 0, false
	}
	entry, ok := log.Lists[l.Order]
	switch {
	case !ok:
		l.complain("the log records no list of its number")
		return 0, false
	case entry.State != l.State:
		l.complain("the log records another list under its number")
		return 0, false
	case l.Kind == Full && entry.Bundle != l.Hash:
		l.complain("it says what the list in the log says, but it is another statement")
	case !entry.Time.Equal(l.Issued):
		l.complain("it was not issued when the log says")
	}
	return entry.Index, true
}

// Account compares what left between two lists with the log, where every serial that leaves has an entry. What has none is added to
// s.Wrong.
func (s *Step) Account(log *authority.ListLog) {
	to, ok := log.Lists[s.To.Order]
	if !ok || len(s.Removed) == 0 {
		return
	}
	from := log.Lists[s.From.Order].Index // 0, the founding, for one that a loss took from the log
	unexplained := uint64(0)
	for _, r := range s.Removed {
		for serial := uint64(r.First); serial <= uint64(r.Last); serial++ {
			if !leftBetween(log.Left[uint32(serial)], from, to.Index) {
				unexplained++
			}
		}
	}
	if unexplained > 0 {
		s.complain(fmt.Sprintf("%d of the serials that left have no entry in the log", unexplained))
	}
}

func leftBetween(entries []uint64, from, to uint64) bool {
	for _, index := range entries {
		if from < index && index < to {
			return true
		}
	}
	return false
}
