package screen_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"marque/app/flow"
	"marque/app/usb"
	"marque/authority"
	"marque/device/wire"
)

// port is where sticks are inserted: folders, which package usb reads and writes. What the screen shows of them is made up.
type port struct {
	t        *testing.T
	inserted []flow.Drive
	folders  map[string]string // of sticks, by what they seem to be mounted at
	changed  func([]flow.Drive, error)
	count    uint64
	pulled   bool // the next write fails before its first file
}

// insert inserts an empty stick.
func (p *port) insert(label string, size, free int64, alter func(*flow.Drive)) {
	p.count++
	d := flow.Drive{Drive: usb.Drive{Device: "sd" + string(rune('a'+p.count)) + "1", Sequence: p.count, Model: "Ultra", Size: size, Mount: "/media/officer/" + label, Format: "exfat"}, Free: free}
	if alter != nil {
		alter(&d)
	}
	if p.folders == nil {
		p.folders = map[string]string{}
	}
	if d.Mount != "" && p.folders[d.Mount] == "" {
		p.folders[d.Mount] = p.t.TempDir()
	}
	p.inserted = append(p.inserted, d)
	p.tell()
}

func (p *port) empty() { p.inserted = nil; p.tell() }

func (p *port) tell() {
	if p.changed != nil {
		p.changed(append([]flow.Drive(nil), p.inserted...), nil)
	}
}

func (p *port) Watch(changed func([]flow.Drive, error)) (stop func()) {
	p.changed = changed
	p.tell()
	return func() { p.changed = nil }
}

// real is the folder that a stick is.
func (p *port) real(d flow.Drive) usb.Drive {
	if dir, ok := p.folders[d.Mount]; ok {
		return usb.Drive{Mount: dir}
	}
	return d.Drive
}

func (*port) Folder(path string) (flow.Drive, error) {
	d, err := usb.Folder(path)
	return flow.Drive{Drive: d, Free: -1}, err
}

func (p *port) Write(ctx context.Context, d flow.Drive, files []usb.File, progress func(usb.Progress)) ([]usb.Written, error) {
	if p.pulled {
		return nil, errors.Join(usb.ErrGone)
	}
	return usb.Write(ctx, p.real(d), usb.InboxFolder, files, progress)
}

func (p *port) Examine(d flow.Drive, files []usb.File) ([]usb.State, error) {
	return usb.Examine(p.real(d), usb.InboxFolder, files)
}

func (p *port) Read(d flow.Drive, wanted func(string) bool) ([]usb.File, error) {
	in, err := usb.ReadSome(p.real(d), wanted)
	if err != nil {
		return nil, err
	}
	return in.Files, nil
}

func (*port) Eject(flow.Drive) error { return nil }

func (p *place) Publish() (*authority.Published, error) {
	if p.fails != nil {
		return nil, p.fails
	}
	signed, err := p.Service.Publish()
	if err == nil {
		signed.Short += p.short
	}
	return signed, err
}

// revoke revokes an identity, by its name.
func (s *stage) revoke(name string, serial uint32) { s.revokeFor(wire.ReasonStolen, name, serial) }

func (s *stage) revokeFor(reason wire.Reason, name string, serial uint32) authority.Identity {
	address, err := wire.NewAddress("nordtal.example", "", name, serial)
	must(err)
	if done, err := s.place.Revoke([]wire.Address{address}, reason, time.Time{}); err != nil || !done {
		panic(fmt.Sprint("not revoked: ", err))
	}
	h, err := s.place.History(address)
	must(err)
	return h.Identity
}
