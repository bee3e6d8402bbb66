package remote

import (
	"crypto/sha256"
	"errors"
	"time"

	"marque/app/flow"
	"marque/app/localapi"
	"marque/app/usb"
	"marque/authority"
	"marque/device/wire"
)

// Publish implements flow.Publisher.
func (s *Service) Publish() (published *authority.Published, err error) {
	err = s.with(func(c *localapi.Client) error {
		published, err = c.Publish()
		return err
	})
	return published, err
}

// Consignment implements flow.Publisher.
func (s *Service) Consignment() (load *flow.Consignment, err error) {
	err = s.with(func(c *localapi.Client) error {
		load, err = consignment(c)
		return err
	})
	return load, err
}

// PastLists implements flow.Publisher.
func (s *Service) PastLists(n int) (lists []flow.PastList, of int, err error) {
	err = s.with(func(c *localapi.Client) error {
		lists, of, err = pastLists(c, n)
		return err
	})
	return lists, of, err
}

func pastLists(c *localapi.Client, n int) (lists []flow.PastList, of int, err error) {
	for before := uint32(0); len(lists) < n; {
		page, err := c.PastLists(before, min(n-len(lists), authority.MaxPastLists))
		if err != nil {
			return nil, 0, err
		}
		for _, l := range page {
			lists = append(lists, flow.PastList{Sequence: l.Sequence, Issued: l.Issued, NextUpdate: l.NextUpdate, Size: l.Size, Revoked: int(l.Count) - l.Padding})
			before = l.Sequence
		}
		if len(page) < authority.MaxPastLists {
			break
		}
	}
	fleet, err := c.Fleet(time.Time{})
	if errors.Is(err, authority.ErrIndexing) {
		return lists, -1, nil
	}
	if err != nil {
		return nil, 0, err
	}
	held := map[uint32]int{}
	for _, h := range fleet.Held {
		held[h.Sequence] = h.Count
	}
	for i := range lists {
		lists[i].Held = held[lists[i].Sequence]
	}
	return lists, fleet.Active, nil
}

func consignment(c *localapi.Client) (*flow.Consignment, error) {
	sequence, list, changes, err := newestList(c)
	if err != nil {
		return nil, err
	}
	core, err := c.CoreStatement()
	if err != nil {
		return nil, err
	}
	load, err := flow.NewConsignment(sequence, list, changes, core)
	if err != nil {
		return nil, err
	}
	var listed []wire.File
	for _, f := range load.Files {
		listed = append(listed, wire.File{Path: f.Name, Size: uint64(len(f.Content)), Hash: sha256.Sum256(f.Content)})
	}
	manifest, err := c.SignManifest(listed)
	if err != nil {
		return nil, err
	}
	load.Files = append(load.Files, usb.File{Name: flow.ManifestFile, Content: manifest})
	return load, nil
}

// newestList returns the newest list and what leads to it. They are asked for one after the other: should another list be signed in
// between, it is what is returned.
func newestList(c *localapi.Client) (sequence uint32, list []byte, changes []authority.ListChange, err error) {
	var to uint32
	for {
		if sequence, list, err = c.NewestList(); err != nil {
			return 0, nil, nil, err
		}
		if to, changes, err = c.ListChanges(); err != nil {
			return 0, nil, nil, err
		}
		if to == sequence {
			return sequence, list, changes, nil
		}
	}
}
