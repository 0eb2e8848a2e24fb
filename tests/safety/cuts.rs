//! The answer to a create cut at every byte, and the connection cut before and after the token was made.

use jeton::{
    api::{ApiError, Client, Endpoint},
    secret::Secret,
    token::Draft,
    work::{
        Created, WorkError, create,
        journal::{CreateJournal, Outcome, Records, Value},
    },
};

use super::rig::{Rig, record};
use crate::support::faulty::{Fault, Faulty, answer};

const NOTE: &str = "cut short";

fn draft() -> Draft {
    Draft {
        note: NOTE.into(),
        scopes: vec!["styles:read".into(), "uploads:write".into()],
        allowed_urls: vec!["https://example.com/maps".into()],
    }
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn create(rig: &Rig, journal: &CreateJournal) -> Result<Created, WorkError> {
    run(create::create(&rig.client(), &draft(), false, journal))
}

/// The same at another server.
fn create_at(url: &str, journal: &CreateJournal) -> Result<Created, WorkError> {
    let client = Client::new(Endpoint::new(url, "ada", Secret::new("sk.fake.fake")).unwrap()).unwrap();
    run(create::create(&client, &draft(), false, journal))
}

/// Creates once with the fault and checks what is said against what the server holds. `true` when the value arrived.
fn check(faults: &str) -> bool {
    let rig = Rig::with_faults(faults);
    let journal = Records::within(&rig.state()).creates;
    let result = create(&rig, &journal);
    let held = rig.tokens(NOTE);
    assert!(held.len() <= 1, "{faults}: made twice");
    let recovery = journal.recovery().unwrap();
    assert!(recovery.unreadable.is_empty());
    match result {
        Ok(created) => {
            assert_eq!(created.token.id, held.first().expect("made").id, "{faults}");
            assert!(rig.works(created.value.expose()), "{faults}: a value that does not work");
            assert!(created.backup.is_safe() && recovery.open.len() == 1, "{faults}: not kept");
            // As the next run finds it.
            drop(journal);
            let journal = Records::within(&rig.state()).creates;
            let again = journal.take_up(&recovery.open[0].intent).expect("kept").value;
            assert_eq!(again, created.value, "{faults}");
            journal.settle(&created.op).unwrap();
            assert!(journal.recovery().unwrap().is_empty(), "{faults}");
            true
        }
        Err(WorkError::Unclear { op, found, .. }) => {
            match (*found, held.as_slice()) {
                (Outcome::TooEarly(_), []) => {}
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
        let journal = Records::within(&rig.state()).creates;
        let error = create(&rig, &journal).unwrap_err();
        let WorkError::Unclear { found, .. } = &error else { panic!("{error}") };
        assert_eq!(matches!(**found, Outcome::Made(_)), made, "{when}: {error}");
        assert_eq!(matches!(**found, Outcome::TooEarly(_)), !made, "{when}: {error}");
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
    let error = create(&rig, &Records::within(&rig.state()).creates).unwrap_err();
    let WorkError::Unclear { found, .. } = &error else { panic!("{error}") };
    assert!(matches!(&**found, Outcome::Several(tokens) if tokens.len() == 2), "{error}");
    assert_eq!(rig.tokens(NOTE).len(), 2, "Nothing deleted");
}

#[test]
fn an_answer_that_is_no_documented_refusal_is_looked_at_and_a_token_that_was_made_all_the_same_is_found() {
    for status in [301, 302, 307, 308, 400, 402, 403, 405, 408, 409, 410, 413, 418, 425, 429, 431, 451] {
        let faults = format!(
            r#"{{"faults": [{{"fault": "status", "status": {status}, "when": "after-commit", "method": "POST",
                "headers": {{"retry-after": "0"}}}}]}}"#
        );
        assert!(!check(&faults), "{status}");
        // Nothing was made: that is not the last word yet either.
        if status != 429 {
            assert!(!check(&faults.replace("after-commit", "before-commit")), "{status}");
        }
    }
}

#[test]
fn a_refusal_in_another_form_than_the_documented_one_is_looked_at() {
    for body in ["", "<html>", "[]", r#"["no"]"#, r#"{"error": "no"}"#, r#"{"message": ""}"#] {
        for status in [401, 404, 422] {
            let bytes = answer(status, &[], body);
            let server = Faulty::start(move |_, seen| {
                Fault::Bytes(if seen.method == "POST" { bytes.clone() } else { answer(200, &[], "[]") })
            });
            let place = tempfile::tempdir().unwrap();
            let journal = Records::within(place.path()).creates;
            let error = create_at(&server.url, &journal).unwrap_err();
            assert!(matches!(error, WorkError::Unclear { .. }), "{status} {body:?}: {error}");
            assert_eq!(journal.recovery().unwrap().open.len(), 1, "{status} {body:?}");
        }
    }
}

#[test]
fn after_a_429_nothing_is_sent_again_before_the_account_was_looked_at() {
    let rig = Rig::with_faults(
        r#"{"faults": [{"fault": "status", "status": 429, "method": "POST", "times": 2, "headers": {"retry-after": "0"}}]}"#,
    );
    let journal = Records::within(&rig.state()).creates;
    let created = create(&rig, &journal).expect("the third time");
    assert_eq!(rig.tokens(NOTE).len(), 1);
    assert!(rig.works(created.value.expose()));

    // Nobody knows what the account holds, so it is sent once.
    let server = Faulty::start(|number, seen| {
        Fault::Bytes(match (seen.method.as_str(), number) {
            ("POST", _) => answer(429, &[("retry-after", "0")], r#"{"message":"Too Many Requests"}"#),
            (_, 0) => answer(200, &[], "[]"),
            _ => answer(403, &[], r#"{"message":"Forbidden"}"#),
        })
    });
    let place = tempfile::tempdir().unwrap();
    let error = create_at(&server.url, &Records::within(place.path()).creates).unwrap_err();
    let WorkError::Unclear { found, .. } = &error else { panic!("{error}") };
    assert!(matches!(**found, Outcome::Unknown(_)), "{error}");
    assert_eq!(server.count("POST"), 1);
}

#[test]
fn an_answer_that_is_not_what_was_asked_for_is_no_success_and_is_kept() {
    // {"u":"ada","a":"cmfake"}
    const PUBLIC: &str = "pk.eyJ1IjoiYWRhIiwiYSI6ImNtZmFrZSJ9.fakefakefakefakefakefa";
    for body in [
        format!(r#"[7,null,{{"token":"{PUBLIC}"}}]"#),
        format!(r#"{{"id":"cmfake","usage":"sk","note":"{NOTE}","scopes":[],"token":"{PUBLIC}"}}"#),
        format!(r#"{{"id":"cmfake","usage":"pk","note":"{NOTE}","scopes":[],"token":"{PUBLIC}"}}"#),
    ] {
        let bytes = answer(200, &[], &body);
        let server = Faulty::start(move |_, seen| {
            Fault::Bytes(if seen.method == "POST" { bytes.clone() } else { answer(200, &[], "[]") })
        });
        let place = tempfile::tempdir().unwrap();
        let journal = Records::within(place.path()).creates;
        let error = create_at(&server.url, &journal).unwrap_err();
        assert!(matches!(error, WorkError::Unclear { .. }), "{body}: {error}");
        let open = journal.recovery().unwrap().open.remove(0);
        assert!(matches!(open.value, Value::Mismatched { .. }), "{body}: {open:?}");
        assert_eq!(journal.take_up(&open.intent).expect("kept").value.expose(), PUBLIC);
    }
}

#[test]
fn an_unfinished_create_of_the_same_draft_is_named_and_another_one_has_to_be_meant() {
    let rig =
        Rig::with_faults(r#"{"faults": [{"fault": "cut", "when": "before-commit", "method": "POST", "times": 1}]}"#);
    let journal = Records::within(&rig.state()).creates;
    let WorkError::Unclear { op: first, .. } = create(&rig, &journal).unwrap_err() else { panic!("cut") };
    let error = create(&rig, &journal).unwrap_err();
    let WorkError::Unfinished { op, .. } = &error else { panic!("{error}") };
    assert_eq!((op, rig.tokens(NOTE).len()), (&first, 0));
    assert!(error.next().contains(&format!("jeton recover {first} --forget")), "{}", error.next());

    let other = Draft { note: "another".into(), ..draft() };
    run(create::create(&rig.client(), &other, false, &journal)).expect("it is about another token");
    run(create::create(&rig.client(), &draft(), true, &journal)).expect("it is meant");
    assert_eq!(rig.tokens(NOTE).len(), 1);
}

#[test]
fn a_refusal_leaves_nothing_on_record() {
    let rig = Rig::with_faults(r#"{"faults": [{"fault": "status", "status": 422, "method": "POST"}]}"#);
    let journal = Records::within(&rig.state()).creates;
    assert!(matches!(create(&rig, &journal), Err(WorkError::Api(ApiError::Refused { .. }))));
    assert!(journal.recovery().unwrap().is_empty());
}

#[test]
fn what_cannot_be_put_on_record_is_not_sent() {
    let rig = Rig::new();
    std::fs::write(rig.state(), "in the way").unwrap();
    let error = create(&rig, &Records::within(&rig.state()).creates).unwrap_err();
    assert!(matches!(error, WorkError::NotRecorded(_)), "{error}");
    assert!(rig.tokens(NOTE).is_empty());
}
