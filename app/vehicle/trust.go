package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"marque/app/terminal"
	"marque/app/usb"
	"marque/app/words"
	"marque/device"
	"marque/device/wire"
)

// trust is a trust list as JSON shows it.
type trust struct {
	Sequence   uint32    `json:"sequence"`
	Issued     time.Time `json:"issued"`
	HardExpiry time.Time `json:"hard_expiry"`
	Expired    bool      `json:"expired"`
	Changed    bool      `json:"changed"` // by this command
	Realms     []realm   `json:"realms"`
}

// realm is another realm that is trusted.
type realm struct {
	Realm      string     `json:"realm"`
	Words      string     `json:"words"`
	Domains    []string   `json:"domains"`
	Hybrid     bool       `json:"hybrid"` // called by hybrid sessions
	List       uint32     `json:"list"`   // 0: none, so nobody there is trusted
	Listed     int        `json:"listed"`
	NextUpdate *time.Time `json:"next_update,omitempty"`
	HardExpiry *time.Time `json:"hard_expiry,omitempty"`
	Stale      bool       `json:"stale"`
	Expired    bool       `json:"expired"`
}

// trustIn reads a trust list, and says false if the arguments name anything else.
func trustIn(paths []string) ([]byte, bool) {
	if len(paths) != 1 {
		return nil, false
	}
	b, err := terminal.Read(nil, paths[0], wire.MaxTrust)
	return b, err == nil && wire.Sniff(b) == wire.FoundTrust
}

// trustOn takes the newest trust list of a stick into force, and says nothing if there is none of its realm that is newer than the one in force.
func trustOn(d *device.Device, files []usb.File) (*device.AppliedTrust, error) {
	lists := slices.DeleteFunc(slices.Clone(files), func(f usb.File) bool { return wire.Sniff(f.Content) != wire.FoundTrust })
	var newest *device.AppliedTrust
	var first error
	for _, f := range lists[:min(len(lists), maxTried)] {
		a, err := d.ApplyTrust(f.Content)
		switch {
		case err == nil && a.Changed:
			newest = a
		case errors.Is(err, device.ErrOldTrust), errors.Is(err, device.ErrUnknownRealm): // of another realm
		case err != nil && first == nil:
			first = err
		}
	}
	if newest != nil {
		return newest, nil
	}
	return nil, first
}

func trustText(a *device.AppliedTrust) string {
	who := "nobody"
	if len(a.Realms) > 0 {
		who = strings.Join(a.Realms, ", ")
	}
	s := fmt.Sprintf("trust list %d is in force: %s, until %s\n", a.Sequence, who, a.HardExpiry.UTC().Format(time.RFC3339))
	if !a.Changed {
		s += "it was in force before\n"
	}
	return s
}

// trustOf is nil without a trust list in force.
func trustOf(s *device.Status, changed bool) *trust {
	t := &s.Trust
	if !t.Known {
		return nil
	}
	out := &trust{Sequence: t.Sequence, Issued: t.Issued.UTC(), HardExpiry: t.HardExpiry.UTC(), Expired: t.Expired, Changed: changed, Realms: []realm{}}
	for _, r := range t.Realms {
		one := realm{
			Realm: r.Realm, Words: words.Text(r.CoreHash[:]), Domains: r.SPIDs, Hybrid: r.Hybrid,
			List: r.List.Order.Sequence, Listed: r.List.Count, Stale: r.List.Stale, Expired: r.List.Expired,
		}
		if r.List.Known {
			one.NextUpdate, one.HardExpiry = &r.List.NextUpdate, &r.List.HardExpiry
		}
		out.Realms = append(out.Realms, one)
	}
	return out
}

// realmsText says which other realms are trusted, and how current the lists of those are.
func realmsText(s *device.Status) (text string) {
	for _, r := range s.Trust.Realms {
		text += fmt.Sprintf("trusts   %s, ", r.Realm)
		switch l := r.List; {
		case s.Trust.Expired:
			text += fmt.Sprintf("until %s: apply a newer trust list\n", s.Trust.HardExpiry.UTC().Format(time.RFC3339))
		case !l.Known:
			text += "without a list: nobody there is trusted before one of that realm is applied\n"
		case l.Expired:
			text += fmt.Sprintf("list %d, expired: nobody there is trusted before a newer one is applied\n", l.Order.Sequence)
		case l.Stale:
			text += fmt.Sprintf("list %d, stale: apply a newer one before %s\n", l.Order.Sequence, l.HardExpiry.UTC().Format(time.RFC3339))
		default:
			text += fmt.Sprintf("list %d, %d of %d revoked, next update due %s\n", l.Order.Sequence, l.Count, l.N, l.NextUpdate.UTC().Format(time.RFC3339))
		}
	}
	return text
}

// elsewhere says whose core an alarm is about, if it is not the one in force.
func elsewhere(s *device.Status, core [32]byte) string {
	if core == s.CoreHash {
		return ""
	}
	for _, r := range s.Trust.Realms {
		if r.CoreHash == core {
			return " (of realm " + r.Realm + ")"
		}
	}
	if s.Former != nil && s.Former.Hash() == core {
		return " (under the core that was given up)"
	}
	return " (of another realm)"
}
