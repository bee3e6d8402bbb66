package wire_test

import (
	"testing"

	"marque/device/wire"
)

func TestSniff(t *testing.T) {
	for name, want := range map[string]wire.Found{
		"request": wire.FoundRequest, "broadcast": wire.FoundBroadcast, "sealed": wire.FoundSealed, "several": wire.FoundSealed, "opening": wire.FoundOpening,
		"statement of type package": wire.FoundPackage, "statement of type bundle": wire.FoundBundle,
		"statement of type core": wire.FoundStatement, "statement of type policy": wire.FoundStatement,
		"statement of type checkpoint": wire.FoundStatement, "statement of type regions": wire.FoundRegions, "region": wire.FoundRegion,
		"statement of type trust": wire.FoundTrust,
		"auth":                    wire.FoundUnknown, "log entry": wire.FoundUnknown, "hello": wire.FoundUnknown,
	} {
		for _, b := range everyObject(t)[name].valid {
			if got := wire.Sniff(b); got != want {
				t.Errorf("%s: %s", name, got)
			}
			if got := wire.Sniff(b[:len(b)/3]); got != wire.FoundUnknown && got != wire.FoundRequest && got != wire.FoundRegion {
				t.Errorf("a third of %s: %s", name, got)
			}
		}
	}
	for in, want := range map[string]wire.Found{
		"": wire.FoundUnknown, "\xd2": wire.FoundUnknown, "\x89PNG\r\n": wire.FoundUnknown, "hello": wire.FoundUnknown,
		"MQ1RABC": wire.FoundRequestText,
	} {
		if got := wire.Sniff([]byte(in)); got != want {
			t.Errorf("%q: %s", in, got)
		}
	}
}
