package qr

import (
	"fmt"
	"strings"
)

// Describe says in a few words what the text of a code seems to be, for the person who photographed the wrong one: "a web link",
// "a boarding pass". It goes by the beginning of the text, repeats nothing of it, and decides nothing.
func Describe(text string) string {
	text = strings.TrimSpace(text)
	if len(text) > len(mark) && strings.EqualFold(text[:len(mark)], mark) {
		return describeOurs(strings.ToUpper(text))
	}
	for _, k := range kinds {
		for _, prefix := range k.prefixes {
			if len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix) {
				return k.name
			}
		}
	}
	switch {
	case text == "":
		return "an empty code"
	case boardingPass(text):
		return "a boarding pass"
	case strings.Trim(text, "0123456789") == "":
		return "a number, such as that of a product or a parcel"
	}
	return "a text of some other use"
}

// mark begins every text of ours; a letter for the kind follows.
const mark = "MQ1"

// describeOurs says of which kind a text of ours is, by its letter, and of a part what is split and how far.
func describeOurs(text string) string {
	if p, err := parsePart(text); err == nil {
		return fmt.Sprintf("part %d of %d of %s", p.index+1, p.total, p.kind)
	}
	switch text[len(mark)] {
	case 'R':
		return "a Marque request, of a device of this realm or another"
	case 'P':
		return "a damaged part of a Marque series"
	case 'S':
		return "a Marque share card: it is secret, and belongs in front of no other camera"
	case 'H':
		return "the head of a Marque log, for auditors"
	case 'C':
		return "the public side of a set of Marque share cards"
	}
	return "a Marque code of another kind"
}

type kind struct {
	name     string
	prefixes []string
}

var kinds = []kind{
	{"a Marque code of another version", []string{mark, "MQ2", "MQ3", "MQ4"}},
	{"a web link", []string{"http://", "https://", "www.", "URLTO:"}},
	{"the password of a Wi-Fi network", []string{"WIFI:"}},
	{"a contact", []string{"BEGIN:VCARD", "MECARD:", "BIZCARD:"}},
	{"a calendar entry", []string{"BEGIN:VEVENT", "BEGIN:VCALENDAR"}},
	{"the secret of a one-time password", []string{"otpauth://", "otpauth-migration://"}},
	{"a telephone number or message", []string{"tel:", "sms:", "smsto:", "mms:", "mmsto:"}},
	{"a mail address or message", []string{"mailto:", "MATMSG:"}},
	{"a place on a map", []string{"geo:"}},
	{"a bank transfer", []string{"BCD\n", "BCD\r\n", "SPC\n", "SPC\r\n", "bank://", "SPD*1.0*"}},
	{"a payment request", []string{"bitcoin:", "ethereum:", "lightning:", "upi://", "00020101"}},
	{"a health certificate", []string{"HC1:", "shc:/"}},
	{"the set-up code of a smart-home device", []string{"MT:", "X-HM://", "DPP:"}},
	{"a sign-in code of another program", []string{"FIDO:/", "sgnl://", "tg://", "weixin://"}},
}

// boardingPass recognises IATA Resolution 792: format M, one to four legs, a name of 20 characters, the electronic ticket mark.
func boardingPass(text string) bool {
	return len(text) >= 58 && text[0] == 'M' && text[1] >= '1' && text[1] <= '4' && (text[22] == 'E' || text[22] == ' ')
}
