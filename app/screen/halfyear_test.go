package screen_test

import (
	"time"

	"marque/app/flow"
	"marque/authority"
)

// halfYear is how many lists came before those that a service has signed, where half a year's are made up, of a fleet of ten thousand:
// status, history and what is carried out then tell of the same ones.
const halfYear = 212

// revokedBy is how many were revoked so many lists ago.
func revokedBy(ago int) int { return 10_004 - 120*ago + ago%4*35 }

// listSize is how long the list of so many is, about, in octets.
func listSize(revoked int) int { return revoked + 320 }

// pretend has a state tell of the newest of the lists that are made up.
func (p *place) pretend(s *flow.State) {
	if p.lists > 0 {
		s.Authority.List.Sequence += halfYear
		s.Authority.List.Count = uint32(revokedBy(0))
	}
}

// Consignment makes up what leads to the newest list as well.
func (p *place) Consignment() (*flow.Consignment, error) {
	load, err := p.Service.Consignment()
	if err != nil || p.lists == 0 {
		return load, err
	}
	core := load.Files[len(load.Files)-2].Content
	sequence := load.Sequence + halfYear
	oldest := sequence - uint32(p.lists) + 1
	return flow.NewConsignment(sequence, make([]byte, listSize(revokedBy(0))), []authority.ListChange{
		{From: sequence - 1, Added: 120, Statement: make([]byte, 348)}, {From: oldest, Added: 3000, Statement: make([]byte, 3412)},
	}, core)
}

// PastLists makes up as many lists as were asked for.
func (p *place) PastLists(n int) ([]flow.PastList, int, error) {
	if p.lists == 0 {
		return p.Service.PastLists(n)
	}
	state, err := p.State()
	if err != nil {
		return nil, 0, err
	}
	newest := state.Authority.List
	held := append([]int{0, 8810, 910, 240, 30, 10}, make([]int, p.lists)...)
	var lists []flow.PastList
	for i := range p.lists {
		at, revoked := newest.Issued.AddDate(0, 0, -7*i), revokedBy(i)
		lists = append(lists, flow.PastList{
			Sequence: newest.Sequence - uint32(i), Issued: at, NextUpdate: at.Add(7 * 24 * time.Hour), Size: listSize(revoked), Revoked: revoked, Held: held[i],
		})
	}
	return lists, 10_000, nil
}
