package ceremony

import (
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"marque/authority"
	"marque/device/wire"
)

// What a file may hold, table by table.
var (
	fileKeys     = []string{"realm", "sp-ids", "[vault]", "[[officer]]", "[unlock]", "[backup]", "[next-core]", "[epochs]", "[lists]", "[messages]"}
	vaultKeys    = []string{"kind", "tpm", "unified"}
	officerKeys  = []string{"name", "role"}
	unlockKeys   = []string{"needed"}
	backupKeys   = []string{"cards", "needed", "drill"}
	nextKeys     = []string{"cards", "needed"}
	epochKeys    = []string{"length"}
	listKeys     = []string{"next-update", "hard-expiry"}
	messageKeys  = []string{"past", "future"}
	drillBefore  = "before issuing"
	drillWaived  = "waived"
	roles        = []authority.Role{authority.SecurityOfficer, authority.DepotOperator, authority.SecurityOfficer | authority.DepotOperator, authority.Auditor}
	errNotAFile  = &MistakesError{List: []Mistake{{Text: "it is longer than 65,536 octets; check that the right file was named"}}}
	errNotText   = &MistakesError{List: []Mistake{{Text: "it is not text in UTF-8; check that the right file was named"}}}
	roleSpelling = `write "security officer", "depot operator", "security officer and depot operator" or "auditor"`
)

// Parse reads a ceremony file. It takes nothing that it does not know, and reports everything that is wrong with the file together, each
// with its line and what to write instead: the error is a [*MistakesError], which is [ErrFile].
func Parse(b []byte) (*Plan, error) {
	switch {
	case len(b) > maxFile:
		return nil, errNotAFile
	case !utf8.Valid(b):
		return nil, errNotText
	}
	t, err := read(string(b))
	if err != nil {
		return nil, err
	}
	p := &Plan{}
	t.realm(p)
	t.vault(p)
	t.officers(p)
	t.cards(p)
	t.times(p)
	t.end(fileKeys...)
	if err := sorted(t.r.mistakes); err != nil {
		return nil, err
	}
	return p, nil
}

// ParseOfficers reads a file that has officers and unlock and nothing else: those who are officers after a change.
func ParseOfficers(b []byte) (officers []Officer, needed int, err error) {
	switch {
	case len(b) > maxFile:
		return nil, 0, errNotAFile
	case !utf8.Valid(b):
		return nil, 0, errNotText
	}
	t, err := read(string(b))
	if err != nil {
		return nil, 0, err
	}
	p := &Plan{Vault: Vault{Kind: VaultTPM}}
	t.officers(p)
	t.end("[[officer]]", "[unlock]")
	return p.Officers, p.Unlock, sorted(t.r.mistakes)
}

// read parses the TOML; what that finds is one mistake, since nothing after it can be trusted.
func read(text string) (*table, error) {
	values := map[string]any{}
	_, err := toml.Decode(text, &values)
	var syntax toml.ParseError
	switch {
	case errors.As(err, &syntax):
		return nil, &MistakesError{List: []Mistake{{syntax.Position.Line, "this is not TOML: " + oneLine(syntax.Message)}}}
	case err != nil:
		return nil, &MistakesError{List: []Mistake{{Text: "this is not TOML: " + oneLine(err.Error())}}}
	}
	return &table{r: &reader{at: places(text)}, values: values}, nil
}

// oneLine makes a message of the parser, which may repeat parts of the file, fit for a terminal.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}

func (t *table) realm(p *Plan) {
	const how = "write a domain name such as fleet.example, in lower case"
	var there bool
	switch p.Realm, there = t.text("realm"); {
	case !there && t.r.at["realm"] == 0:
		t.wrong("realm", `is missing; write realm = "fleet.example" at the top, with the domain name of the realm`)
	case there && wire.CheckSPID(p.Realm) != nil:
		t.wrong("realm", "is not a domain name; %s", how)
	}
	p.SPIDs = t.list("sp-ids")
	octets := len(p.Realm)
	for i, s := range p.SPIDs {
		octets += len(s)
		switch {
		case wire.CheckSPID(s) != nil:
			t.wrong("sp-ids", "has something that is not a domain name, entry %d; %s", i+1, how)
		case s == p.Realm || slices.Contains(p.SPIDs[:i], s):
			t.wrong("sp-ids", "names a domain twice, entry %d; the realm itself is one already", i+1)
		}
	}
	if len(p.SPIDs) >= wire.MaxSPIDs || octets > wire.MaxSPIDOctets {
		t.wrong("sp-ids", "is too long; at most %d further domains, of %d octets together with the realm", wire.MaxSPIDs-1, wire.MaxSPIDOctets)
	}
}

func (t *table) vault(p *Plan) {
	v, there := t.within("vault")
	if !there {
		if t.r.at["vault"] == 0 {
			t.wrong("vault", `is missing; write [vault] and below it kind = "tpm" or kind = "passphrase"`)
		}
		return
	}
	p.Vault.Kind, _ = v.text("kind")
	tpm, named := v.text("tpm")
	p.Vault.Unified = v.flag("unified")
	switch {
	case p.Vault.Kind == VaultTPM:
		p.Vault.TPM = tpm
		if !named {
			p.Vault.TPM = DefaultTPM
		}
		if len(p.Vault.TPM) == 0 || len(p.Vault.TPM) > maxPath || strings.ContainsFunc(p.Vault.TPM, unicode.IsControl) {
			v.wrong("tpm", `is not a path; write the TPM's device, such as "/dev/tpmrm0", or the socket of swtpm`)
		}
	case p.Vault.Kind != VaultPassphrase:
		v.wrong("kind", `is not a kind of vault; write "tpm", or "passphrase" for evaluation`)
	case named || p.Vault.Unified:
		v.wrong("tpm", `does not go with kind = "passphrase"; write kind = "tpm", or remove tpm and unified`)
	}
	v.end(vaultKeys...)
}

func (t *table) times(p *Plan) {
	epochs, _ := t.within("epochs")
	p.EpochLength = epochs.duration("length", authority.DefaultEpochLength)
	if p.EpochLength < wire.MinEpochLength {
		epochs.wrong("length", `is too short; write "1h" or more`)
	}
	epochs.end(epochKeys...)
	lists, _ := t.within("lists")
	p.NextUpdate = lists.duration("next-update", authority.DefaultNextUpdate)
	p.HardExpiry = lists.duration("hard-expiry", authority.DefaultHardExpiry)
	if p.HardExpiry < p.NextUpdate {
		lists.wrong("hard-expiry", "is before next-update (%s); write the same or more", Duration(p.NextUpdate))
	}
	lists.end(listKeys...)
	messages, _ := t.within("messages")
	p.Past = messages.duration("past", authority.DefaultPast)
	p.Future = messages.duration("future", authority.DefaultFuture)
	messages.end(messageKeys...)
}

// duration takes a duration, or the default where there is none.
func (t *table) duration(key string, otherwise time.Duration) time.Duration {
	text, there := t.text(key)
	if !there {
		return otherwise
	}
	d, ok := ParseDuration(text)
	if !ok {
		t.wrong(key, `is not a duration; write a whole number and a unit, such as "28d", "12h", "5m" or "30s"`)
		return otherwise
	}
	return d
}
