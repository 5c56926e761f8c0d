//! Detections in three steps, so that neither the split of the input nor its order changes a finding:
//! *observe* an event (pure), *merge* observations per subject in a capped, commutative table, and
//! *judge* each subject's table at the end.
