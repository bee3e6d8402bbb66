package localapi

// searchRoutes are the calls about finding identities.
var searchRoutes = []route{}
