// The first suite comes here.
