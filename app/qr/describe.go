package qr

import "strings"

// Describe says in a few words what the text of a code seems to be, for the person who photographed the wrong one: "a web link",
// "a boarding pass". It goes by the beginning of the text, repeats nothing of it, and decides nothing.
func Describe(text string) string {
	text = strings.TrimSpace(text)
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

type kind struct {
	name     string
	prefixes []string
}

var kinds = []kind{
	{"a Marque code of another kind or version", []string{"MQ1", "MQ2", "MQ3"}},
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
