package authority_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"testing"

	"marque/authority"
)

// What was approved and logged once has to verify for ever. A change here breaks every approval of the past.
func TestApprovalOfOldVerifies(t *testing.T) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	payload := []byte("exactly this")
	p := &authority.Proposal{
		Action: authority.ActionBatch, Payload: authority.PayloadHash(authority.ActionBatch, payload),
		Requester: [32]byte(key[ed25519.SeedSize:]), Time: noon, Core: [32]byte{1, 2, 3},
	}
	b, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	digest, err := p.Digest()
	if err != nil {
		t.Fatal(err)
	}
	a, err := authority.Approve(key, p, payload)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		got  []byte
		want string
	}{
		"proposal": {b, "8601656261746368582028575194e970dc5e50d548ce14c9ef8344c10388cab643c6680458acd417f00b58203b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da291a69a57bc058200102030000000000000000000000000000000000000000000000000000000000"},
		"digest":   {digest[:], "2206824bd1f90757c3d13f698e7c296cbd9dcab7ca9b5b45f24eca8099676382"},
		"approval": {a.Marshal(), "840158202206824bd1f90757c3d13f698e7c296cbd9dcab7ca9b5b45f24eca809967638258203b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da2958406fd48923e0807e321c9b664443fe77f0f7feb92601746258e7f16e9b4785bd0f8f995fd2cb9399787cff0b1b19df54adb10077a6bf96c6266503a138c3836809"},
	} {
		if got := hex.EncodeToString(c.got); got != c.want {
			t.Errorf("%s is %s", name, got)
		}
	}
}

// A decision of old verifies, and leads to the entry that the log has of it.
func TestDecisionOfOldVerifies(t *testing.T) {
	anna := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	bo := ed25519.NewKeyFromSeed(append(make([]byte, ed25519.SeedSize-1), 1))
	payload := marshal(t, &authority.ClockPayload{Time: noon})
	p := &authority.Proposal{
		Action: authority.ActionClock, Payload: authority.PayloadHash(authority.ActionClock, payload),
		Requester: [32]byte(anna[ed25519.SeedSize:]), Time: noon, Core: [32]byte{1, 2, 3},
	}
	d := &authority.Decision{
		Proposal: *p, Payload: payload, Request: *must(authority.Approve(anna, p, payload)),
		Approvals: []authority.Approval{*must(authority.Approve(bo, p, payload))},
		Officers: []authority.Officer{
			{Name: "Anna", Role: authority.SecurityOfficer, Key: p.Requester},
			{Name: "Bo", Role: authority.SecurityOfficer | authority.DepotOperator, Key: [32]byte(bo[ed25519.SeedSize:])},
		},
		Strictest: 2,
	}
	entry, err := d.Entry()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ got, want string }{
		"decision":  {hex.EncodeToString(marshal(t, d)), "87015873860165636c6f636b58200c44f939dcc4a751a08ba973015cd0c1d352971767b6ece0f2c995a73955c6b158203b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da291a69a57bc0582001020300000000000000000000000000000000000000000000000000000000004782011a69a57bc0584023a6936a6c14f98cb6f54a3014e21705ffb7bc31a7ae760665a2a7d239a56d2eef532a94e7a4388f9f36a4609859d6b0d211726fc2bb6ec7d1e9c988f0e93804818258204cb5abf6ad79fbf5abbccafcc269d85cd2651ed4b885b5869f241aedf0a5ba295840f453aa23ef1dd97615b7b8cc842ae617e8caab7bf96158380823265a348704dd3df8342e79e72a770c0b8926ac34a9c18e6af727cd8ac0a19a152c305d520504828364416e6e610158203b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da298362426f0358204cb5abf6ad79fbf5abbccafcc269d85cd2651ed4b885b5869f241aedf0a5ba2902"},
		"proposal":  {hex.EncodeToString(entry.Proposal[:]), "6107e4adc6f36c5062413f65eb0f8aa0567f7d2a502adfa0f4d6a1f4a4a645f0"},
		"approvals": {hex.EncodeToString(entry.Approvals[:]), "019bc53d878a92aed28f0431f27d7425346c8006cd8216e0ebbcec2ad9545e0e"},
	} {
		if c.got != c.want {
			t.Errorf("%s is %s", name, c.got)
		}
	}
	if err := d.Check(p.Core, noon); err != nil {
		t.Error(err)
	}
}
