package localapi

// overviewRoutes are the calls about what needs somebody.
var overviewRoutes = []route{}
