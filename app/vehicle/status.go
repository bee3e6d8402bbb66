package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"marque/app/terminal"
	"marque/app/words"
	"marque/device"
)

// status is what a device knows of itself, as JSON shows it.
type status struct {
	Name      string     `json:"name"`
	Kind      string     `json:"kind"`
	Request   string     `json:"request_words"`
	Installed bool       `json:"installed"`
	Address   string     `json:"address,omitempty"`
	Realm     string     `json:"realm,omitempty"`
	Words     string     `json:"words,omitempty"`
	Core      uint32     `json:"generation,omitempty"` // of the core
	HasNext   bool       `json:"has_next_core"`
	Rotating  bool       `json:"rotating"` // rotated, and without keys of the new core yet
	KeysUntil *time.Time `json:"keys_until,omitempty"`
	Revoked   bool       `json:"revoked"`
	Key       string     `json:"key"`      // what opens the folder
	Counted   bool       `json:"counted"`  // a counter shows whether the folder was set back
	SetBack   bool       `json:"set_back"` // it was
	List      uint32     `json:"list"`     // 0: none, so nobody is trusted
	Listed    int        `json:"listed"`
	Held      []span     `json:"held"`               // the serials that the list answers for
	Currency  *currency  `json:"currency,omitempty"` // of the list
	Stale     bool       `json:"stale"`
	Expired   bool       `json:"expired"`
	Trust     *trust     `json:"trust,omitempty"` // other realms
	Peers     int        `json:"peers"`
	Alarms    []string   `json:"alarms"`
}

func newStatus(f *folder) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "status --dir FOLDER",
		Short:   "Show address, keys, list and alarms of the device",
		Example: "  marque-vehicle status --dir bus-4711 --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.use(func(d *device.Device) error {
				s := d.Status()
				if asJSON {
					return terminal.JSON(cmd.OutOrStdout(), statusOf(&s))
				}
				cmd.Print(statusText(&s))
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func statusOf(s *device.Status) status {
	out := status{
		Name: s.Name, Kind: s.Kind.String(), Request: words.Text(s.Request[:]), Installed: s.Installed, Revoked: s.Revoked, Key: s.Key, Counted: s.Counted, SetBack: s.SetBack,
		List: s.List.Order.Sequence, Listed: s.List.Count, Held: spansOf(s.Held), Currency: currencyOf(s), Stale: s.List.Stale, Expired: s.List.Expired, Peers: s.Peers, Trust: trustOf(s, false), Alarms: []string{},
	}
	if s.Installed || s.Rotating {
		out.Realm, out.Words, out.Core, out.HasNext, out.Rotating = s.Realm, words.Text(s.CoreHash[:]), s.Generation, s.HasNext, s.Rotating
	}
	if s.Installed {
		out.Address, out.KeysUntil = s.Address.String(), &s.KeysUntil
	}
	for _, a := range s.Alarms {
		out.Alarms = append(out.Alarms, alarmLine(s, a))
	}
	return out
}

func statusText(s *device.Status) string {
	switch {
	case s.Rotating:
		return rotatingText(s)
	case !s.Installed:
		return fmt.Sprintf("%s %s has no keys yet\nwords    %s\n", s.Kind, s.Name, words.Text(s.Request[:])) + alarmText(s)
	}
	text := fmt.Sprintf("address  %s\nrealm    %s\nwords    %s\nkeys     until %s\n",
		s.Address, realmText(s), words.Text(s.CoreHash[:]), s.KeysUntil.UTC().Format(time.RFC3339))
	switch l := s.List; {
	case s.SetBack:
		text += "list     none: the folder was set back to an earlier moment, and nobody is trusted before a list of now is applied\n"
	case !l.Known:
		text += "list     none: nobody is trusted before one is applied\n"
	case l.Expired:
		text += fmt.Sprintf("list     %d, expired: nobody is trusted before a newer one is applied\n", l.Order.Sequence)
	case l.Stale:
		text += fmt.Sprintf("list     %d, stale: apply a newer one before %s\n", l.Order.Sequence, l.HardExpiry.UTC().Format(time.RFC3339))
	default:
		text += fmt.Sprintf("list     %d, %d of %d revoked, next update due %s\n", l.Order.Sequence, l.Count, l.N, l.NextUpdate.UTC().Format(time.RFC3339))
	}
	text += currencyText(s)
	if held := heldText(s.Held, s.List.N); held != "" {
		text += "regions  " + held
	}
	text += realmsText(s)
	if s.Revoked {
		text += "REVOKED  this device signs and seals nothing any more\n"
	}
	return text + alarmText(s)
}

// rotatingText is for a device that gave up a core and has no keys of the next one yet.
func rotatingText(s *device.Status) string {
	return fmt.Sprintf("%s %s was rotated and has no keys yet\nrealm    %s\nwords    %s\nrequest  %s\n",
		s.Kind, s.Name, realmText(s), words.Text(s.CoreHash[:]), words.Text(s.Request[:])) + alarmText(s)
}

// realmText names a realm, and its core's generation once it is not the only one there can be.
func realmText(s *device.Status) string {
	if s.Generation > 1 || s.HasNext {
		return fmt.Sprintf("%s, generation %d", s.Realm, s.Generation)
	}
	return s.Realm
}

func alarmText(s *device.Status) (text string) {
	for _, a := range s.Alarms {
		text += fmt.Sprintf("ALARM    %s: %s\n", a.Time.Format(time.RFC3339), alarmLine(s, a))
	}
	return text
}

// alarmLine is an alarm's text, and whose core it is about if that is not the one in force.
func alarmLine(s *device.Status, a device.Alarm) string {
	return a.Text + elsewhere(s, a.Core)
}
