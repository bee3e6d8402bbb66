package localapi

import (
	"net/http"
	"slices"
	"time"

	"marque/authority"
)

// access says who may make a call.
type access int

const (
	anyone   access = iota // whoever reaches the socket
	signedOn               // anybody who is signed on, an auditor too
	operator               // a depot operator or security officer
	security               // a security officer
	keeper                 // a security officer, or the account that runs the service, which could end it anyway
)

// call is one entry of the table: what server and client agree about. Under a passphrase vault, whose holder does everything, the
// session that Unlock began is as good as any officer's.
type call[In, Out any] struct {
	name string
	who  access
	run  func(s *Server, c *caller, in *In) (*Out, error)
	rest properties
}

// properties are what few calls have.
type properties struct {
	quiet    bool  // programs ask on their own: it neither keeps a session alive nor the vault open
	founding bool  // it needs no authority
	limit    int64 // octets of the request, if not maxBody
}

// route is a call whose types are its own business.
type route interface {
	path() string
	serve(s *Server, w http.ResponseWriter, r *http.Request)
}

// apiPrefix begins the path of every call. Its version changes with the meaning of any.
const apiPrefix = "/v1/"

func (c call[In, Out]) path() string { return apiPrefix + c.name }

// The calls. The client has one method for each.
var (
	status  = call[none, Status]{"status", anyone, (*Server).status, properties{quiet: true, founding: true}}
	core    = call[none, octets]{"core", anyone, (*Server).core, properties{quiet: true}}
	signed  = call[none, octets]{"core-statement", anyone, (*Server).coreStatement, properties{quiet: true}}
	newest  = call[none, listed]{"newest-list", anyone, (*Server).newest, properties{quiet: true}}
	found   = call[Founding, founded]{"found", anyone, (*Server).found, properties{founding: true}}
	discard = call[none, none]{"discard", security, (*Server).discard, properties{}}
	signOn  = call[SignOn, Session]{"sign-on", anyone, (*Server).signOn, properties{}}
	signOff = call[tokens, none]{"sign-off", anyone, (*Server).signOff, properties{founding: true}}
	unlock  = call[Unlock, tokens]{"unlock", anyone, (*Server).unlock, properties{}}
	lock    = call[none, none]{"lock", anyone, (*Server).lock, properties{founding: true}}
	stop    = call[none, none]{"stop", keeper, (*Server).stop, properties{founding: true}}

	review   = call[octets, reviewed]{"review", operator, (*Server).review, properties{}}
	enrol    = call[octets, issued]{"enrol", operator, (*Server).enrol, properties{}}
	list     = call[page, identities]{"identities", signedOn, (*Server).list, properties{}}
	lookUp   = call[addressed, identity]{"identity", signedOn, (*Server).lookUp, properties{}}
	revoke   = call[Revoke, Outcome]{"revoke", security, (*Server).revoke, properties{}}
	publish  = call[none, authority.Published]{"publish", security, (*Server).publish, properties{}}
	confirm  = call[instant, Outcome]{"confirm-clock", security, (*Server).confirm, properties{}}
	policy   = call[Policy, Outcome]{"policy", security, (*Server).policy, properties{}}
	pad      = call[authority.Padding, Outcome]{"padding", security, (*Server).pad, properties{}}
	pendings = call[none, proposals]{"proposals", signedOn, (*Server).pendings, properties{quiet: true}}
	approve  = call[digest, Outcome]{"approve", security, (*Server).approve, properties{}}
	refuse   = call[refusal, none]{"refuse", security, (*Server).refuse, properties{}}

	checkCard        = call[octets, CardCheck]{"check-card", security, (*Server).checkCard, properties{}}
	drill            = call[cards, none]{"drill", security, (*Server).drill, properties{}}
	waiveDrill       = call[none, none]{"waive-drill", security, (*Server).waiveDrill, properties{}}
	changeOfficers   = call[OfficersChange, none]{"change-officers", security, (*Server).changeOfficers, properties{}}
	changePassphrase = call[passphrases, none]{"change-passphrase", anyone, (*Server).changePassphrase, properties{}}
	platform         = call[none, Platform]{"platform", anyone, (*Server).platform, properties{quiet: true}}
	approvePlatform  = call[Approval, none]{"approve-platform", security, (*Server).approvePlatform, properties{}}
	retirePlatforms  = call[none, number]{"retire-platforms", security, (*Server).retirePlatforms, properties{}}
	resetLockout     = call[octets, none]{"reset-lockout", security, (*Server).resetLockout, properties{}}
	restore          = call[restoration, none]{"restore", anyone, (*Server).restore, properties{founding: true}}
	reopen           = call[Reopening, Reopened]{"reopen", security, (*Server).reopen, properties{limit: maxLists}}
)

// The streams.
var (
	backUp   = download[BackupInfo]{"backup", security, (*Server).backup}
	importer = upload[name]{"import", (*Server).importBackup}
)

// table is all of them.
var table = slices.Concat(
	baseRoutes, searchRoutes, revokeRoutes, listRoutes, auditRoutes, overviewRoutes, peopleRoutes, trustRoutes,
)

var baseRoutes = []route{
	status, core, signed, newest, found, discard, signOn, signOff, unlock, lock, stop,
	review, enrol, reviewAll, enrolAll, list, lookUp, revoke, publish, confirm, policy, pad, pendings, approve, refuse,
	checkCard, drill, waiveDrill, changeOfficers, changePassphrase,
	platform, approvePlatform, retirePlatforms, resetLockout, reopen,
	backUp, restore, importer,
	depots, addDepot, revokeDepot, takeBatch, acceptReceipts, receipts, signManifest,
}

// What calls take and give where calls.go does not say it.
type (
	none        struct{}
	octets      struct{ Bytes []byte }
	name        struct{ Name string }
	digest      struct{ Digest []byte } // 32 octets
	tokens      struct{ Tokens []string }
	addressed   struct{ Address string }
	instant     struct{ Time time.Time }
	number      struct{ Number uint64 }
	cards       struct{ Cards [][]byte }
	proposals   struct{ Proposals []Proposal }
	identities  struct{ Identities []identity }
	passphrases struct {
		Name     string
		Old, New []byte
	}
	refusal struct {
		Digest []byte // 32 octets
		Reason string
	}
	page struct {
		From  uint32
		Count int
	}
	listed struct {
		Sequence uint32
		List     []byte
	}
)

// restoration is Restoration, and the name of the imported backup.
type restoration struct {
	Restoration
	Backup string
}

// founded is Founded, and the sessions that it began.
type founded struct {
	Founded
	Tokens []string
}

// reviewed is authority.Review without the request, which the client has.
type reviewed struct {
	Again   bool
	Address string   // if Again
	Problem *problem // nil when nothing stands against it
	Warning string
}

// issued is authority.Issued with its address as text.
type issued struct {
	*authority.Issued
	Address string
}

// identity is authority.Identity with its address as text.
type identity struct {
	*authority.Identity
	Address string
}
