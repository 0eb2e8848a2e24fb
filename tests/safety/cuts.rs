//! The answer to a create cut at every byte, and the connection cut before and after the token was made.

use jeton::{
    api::ApiError,
    token::Draft,
    work::{
        Created,
        create::{self, Outcome, Safekeeping},
    },
};

use super::rig::{Rig, record};

const NOTE: &str = "cut short";

fn draft() -> Draft {
    Draft {
        note: NOTE.into(),
        scopes: vec!["styles:read".into(), "uploads:write".into()],
        allowed_urls: vec!["https://example.com/maps".into()],
    }
}

fn create(rig: &Rig, safekeeping: &Safekeeping) -> Result<Created, ApiError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(create::create(&rig.client(), &draft(), safekeeping))
}

/// Creates once with the fault and checks what is said against what the server holds. `true` when the value arrived.
fn check(faults: &str) -> bool {
    let rig = Rig::with_faults(faults);
    let safekeeping = Safekeeping::within(&rig.state());
    let result = create(&rig, &safekeeping);
    let held = rig.tokens(NOTE);
    assert!(held.len() <= 1, "{faults}: made twice");
    let recovery = safekeeping.recovery().unwrap();
    assert!(recovery.unreadable.is_empty());
    match result {
        Ok(created) => {
            assert_eq!(created.token.id, held.first().expect("made").id, "{faults}");
            assert!(rig.works(created.value.expose()), "{faults}: a value that does not work");
            assert!(created.kept.is_safe() && recovery.open.len() == 1, "{faults}: not kept");
            // As the next run finds it.
            drop(safekeeping);
            let safekeeping = Safekeeping::within(&rig.state());
            let again = safekeeping.take_up(&recovery.open[0].intent).expect("kept").value;
            assert_eq!(again, created.value, "{faults}");
            safekeeping.settle(&created.op).unwrap();
            assert!(safekeeping.recovery().unwrap().is_empty(), "{faults}");
            true
        }
        Err(ApiError::Unclear { op, found, .. }) => {
            match (*found, held.as_slice()) {
                (Outcome::SafeToResend, []) => {}
                (Outcome::Made(token), [held]) => assert_eq!(token.id, held.id, "{faults}"),
                (found, held) => panic!("{faults}: said {found:?}, the server holds {held:?}"),
            }
            assert_eq!(recovery.open.len(), 1, "{faults}: not on record");
            assert_eq!(recovery.open[0].intent.op, op);
            false
        }
        Err(other) => panic!("{faults}: {other}"),
    }
}

#[test]
fn an_answer_cut_at_any_byte_is_delivered_or_reported_and_never_asked_for_twice() {
    let length = Rig::new().answer_to_create(&serde_json::json!({
        "note": NOTE, "scopes": draft().scopes, "allowedUrls": draft().allowed_urls,
    }));
    let delivered = (0..=length)
        .filter(|bytes| {
            check(&format!(
                r#"{{"faults": [{{"fault": "cut-response", "method": "POST", "bytes": {bytes}, "times": 1}}]}}"#
            ))
        })
        .count();
    assert!(delivered > 0 && delivered < length, "{delivered} of {length}");
    record(
        "S4a",
        "create answers cut at every byte offset: made twice / not reported",
        "0 / 0",
        &format!("0 / 0 of {length} offsets ({delivered} still delivered their value)"),
    );
}

#[test]
fn a_connection_cut_before_or_after_the_token_was_made_is_told_apart() {
    for (when, made) in [("before-commit", false), ("after-commit", true)] {
        let faults = format!(r#"{{"faults": [{{"fault": "cut", "when": "{when}", "method": "POST", "times": 1}}]}}"#);
        let rig = Rig::with_faults(&faults);
        let safekeeping = Safekeeping::within(&rig.state());
        let error = create(&rig, &safekeeping).unwrap_err();
        let ApiError::Unclear { found, .. } = &error else { panic!("{error}") };
        assert_eq!(matches!(**found, Outcome::Made(_)), made, "{when}: {error}");
        assert_eq!(matches!(**found, Outcome::SafeToResend), !made, "{when}: {error}");
        assert_eq!(rig.tokens(NOTE).len(), usize::from(made));
    }
    record("S4b", "create cut before / after the token was made: told apart", "2 of 2", "2 of 2");
}

#[test]
fn garbage_and_faults_of_the_server_are_told_apart_too() {
    for faults in [
        r#"{"faults": [{"fault": "garbage", "method": "POST", "times": 1}]}"#,
        r#"{"faults": [{"fault": "truncate", "bytes": 40, "method": "POST", "times": 1}]}"#,
        r#"{"faults": [{"fault": "status", "status": 500, "method": "POST", "times": 1}]}"#,
    ] {
        assert!(!check(faults), "{faults}");
    }
}

#[test]
fn twins_made_meanwhile_are_shown_and_none_is_chosen() {
    // The server makes it twice, and the answer is lost.
    let rig = Rig::with_faults(
        r#"{"faults": [{"fault": "repeat", "method": "POST"}, {"fault": "cut", "when": "after-commit", "method": "POST"}]}"#,
    );
    let error = create(&rig, &Safekeeping::within(&rig.state())).unwrap_err();
    let ApiError::Unclear { found, .. } = &error else { panic!("{error}") };
    assert!(matches!(&**found, Outcome::Several(tokens) if tokens.len() == 2), "{error}");
    assert_eq!(rig.tokens(NOTE).len(), 2, "nothing was deleted");
}

#[test]
fn a_refusal_leaves_nothing_on_record() {
    let rig = Rig::with_faults(r#"{"faults": [{"fault": "status", "status": 422, "method": "POST"}]}"#);
    let safekeeping = Safekeeping::within(&rig.state());
    assert!(matches!(create(&rig, &safekeeping), Err(ApiError::Refused { .. })));
    assert!(safekeeping.recovery().unwrap().is_empty());
}

#[test]
fn what_cannot_be_put_on_record_is_not_sent() {
    let rig = Rig::new();
    std::fs::write(rig.state(), "in the way").unwrap();
    let error = create(&rig, &Safekeeping::within(&rig.state())).unwrap_err();
    assert!(matches!(error, ApiError::NotRecorded(_)), "{error}");
    assert!(rig.tokens(NOTE).is_empty());
}
