// Carries the precompiled header, which all modules share.
