package camera

// ListIn is List with other trees of the system.
var ListIn = list
