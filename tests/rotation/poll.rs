//! R5: both tokens asked about all the time while one takes the other's place.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::{
    project::{Project, SECRET},
    rig::{Rig, record},
};

#[test]
fn there_is_no_moment_in_which_neither_token_works() {
    let project = Project::new(Rig::new(), SECRET, 50);
    let (over, polls, gaps) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                let next = Instant::now() + Duration::from_millis(5);
                // What a program would do that reads its configuration anew for each request. The file is read first: the
                // token in it must work then, or the old one.
                let entry = project.entry();
                let works = project.rig.works(&entry) || project.rig.works(&project.value);
                polls.fetch_add(1, Ordering::SeqCst);
                gaps.fetch_add(usize::from(!works), Ordering::SeqCst);
                thread::park_timeout(next.saturating_duration_since(Instant::now()));
            }
        });
        let rounds = 1;
        for _ in 0..rounds {
            project.rotated(&[
                "ci-uploads",
                "--scan",
                ".",
                "--write",
                "--to-env",
                ".env:MAPBOX_TOKEN",
                "--grace",
                "0s",
                "--yes",
            ]);
        }
        over.store(true, Ordering::SeqCst);
    });
    let (polls, gaps) = (polls.into_inner(), gaps.into_inner());
    assert!(polls > 5, "only {polls} polls");
    assert_eq!(gaps, 0);
    record(
        "R5",
        "a rotation in one go (grace 0 s), both tokens polled every 5 ms: moments in which neither works",
        "0",
        &format!("{gaps} of {polls}"),
    );
}
