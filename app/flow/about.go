package flow

// Informer is what [About] needs of the service.
type Informer interface {
	Info() (ServiceInfo, error)
	SelfTest() ([]SelfTest, error)
}

// ServiceInfo is what the service says of itself.
type ServiceInfo struct {
	Version  string
	Confined []string // what keeps it apart: English clauses, which the translations know
	Exposed  []string // what could not be had, and why
}

// SelfTest is what came of one test of the algorithms.
type SelfTest struct {
	Name   string
	Failed bool
}

// Build is what this program was made from.
type Build struct {
	Version  string
	Go       string // the version of the compiler
	Platform string // such as "linux/amd64"
	Commit   string // empty when it is not known
	Modified bool   // with changes beside it
}

// About is the view-model of the screen about the program.
//
//	shown ──Test──▶ testing ──▶ shown, with Results
type About struct {
	model
	console *Console
	service Informer

	Build   Build
	Service *ServiceInfo // nil before it was asked
	Testing bool
	Results []SelfTest // of the last test; nil before
	Problem *Problem
}

func newAbout(c *Console, p Parts) *About {
	return &About{model: model{loop: p.Loop}, console: c, Build: p.Build}
}

func (a *About) suspend() {
	a.forget()
	a.service, a.Testing = nil, false
}

func (a *About) resume(s Service) {
	a.suspend()
	a.service = s
	background(&a.model, a.service.Info, func(info ServiceInfo, err error) {
		if a.Problem = explain(err, "about.failed"); err == nil {
			a.Service = &info
		}
		a.changed()
	})
	a.changed()
}

func (a *About) reset() {
	a.suspend()
	a.Service, a.Results, a.Problem = nil, nil, nil
	a.changed()
}

// Test has the service test its algorithms and its random generator now.
func (a *About) Test() {
	if a.service == nil || a.Testing {
		return
	}
	a.Testing, a.Problem = true, nil
	background(&a.model, a.service.SelfTest, func(results []SelfTest, err error) {
		a.Testing, a.Problem = false, explain(err, "about.test.failed")
		if err == nil {
			a.Results = results
		}
		a.changed()
	})
	a.changed()
}

// Sound reports whether the last test found nothing wrong.
func (a *About) Sound() bool {
	for _, r := range a.Results {
		if r.Failed {
			return false
		}
	}
	return len(a.Results) > 0
}

// OtherVersion reports that the service is of another version than this program.
func (a *About) OtherVersion() bool {
	return a.Service != nil && a.Service.Version != "" && a.Service.Version != a.Build.Version
}
