use super::*;

fn faults(text: &str) -> Vec<String> {
    TokenFile::parse(text).expect_err("faulty").iter().map(ToString::to_string).collect()
}

const GOOD: &str = r#"version = 1

[url_lists]
site = ["example.com", "www.example.org"]

[presets]
ci = ["uploads:write", "uploads:read"]

[tokens.store]
id = "cmfake00000000000000000000"
note = "Store locator"
presets = ["web-map"]
url_lists = ["site"]
allowed_urls = ["localhost:3000", "example.com"]

[tokens.ci]
note = "CI"
presets = ["ci"]
scopes = ["uploads:list"]
deliver = [{ env = ".env:TOKEN", even_if_tracked = true }, { command = ["gh", "secret", "set", "T"] }, { file = "ci.token" }]
"#;

#[test]
fn a_file_is_read_and_its_names_are_resolved() {
    let file = TokenFile::parse(GOOD).unwrap();
    let [store, ci] = &file.entries[..] else { panic!("two tokens") };
    assert_eq!((store.key.as_str(), store.draft.note.as_str()), ("store", "Store locator"));
    assert_eq!(store.draft.scopes, Preset::by_id("web-map").unwrap().scopes);
    assert_eq!(store.draft.allowed_urls, ["example.com", "www.example.org", "localhost:3000"]);
    assert_eq!(store.places.key, Place { line: 9, column: 9 });
    assert_eq!(store.places.urls.iter().map(|place| place.line).collect::<Vec<_>>(), [13, 13, 14]);
    assert_eq!(ci.draft.scopes, ["uploads:write", "uploads:read", "uploads:list"].map(Scope::from));
    assert_eq!(ci.deliver.len(), 3);
    assert_eq!(ci.id, None);
}

#[test]
fn json_says_the_same() {
    let json = serde_json::json!({
        "version": 1, "$schema": "tokens.json",
        "url_lists": {"site": ["example.com", "www.example.org"]},
        "presets": {"ci": ["uploads:write", "uploads:read"]},
        "tokens": {"store": {"note": "Store locator", "presets": ["web-map"], "url_lists": ["site"]}},
    });
    let file = TokenFile::parse(&json.to_string()).unwrap();
    assert_eq!(file.entries[0].draft.allowed_urls.len(), 2);
}

#[test]
fn a_typo_in_every_key_is_told_with_its_place_and_what_was_meant() {
    let text = r#"verison = 1
[url_list]
site = ["example.com"]
[preset]
ci = ["uploads:write"]
[tokens.a]
idd = "x"
noet = "A"
deafult = true
scope = []
allowed_url = []
presetss = []
url_lits = []
delivre = []
scopes = []
note = "A"
[tokens.b]
note = "B"
scopes = []
deliver = [{ evn = "x:Y" }, { comand = [] }, { fiel = "" }, { env = "x:Y", even_if_trackd = true }]
[token.c]
"#;
    let faults = faults(text);
    for (line, typed, meant) in [
        (1, "verison", "version"),
        (2, "url_list", "url_lists"),
        (4, "preset", "presets"),
        (7, "idd", "id"),
        (8, "noet", "note"),
        (9, "deafult", "default"),
        (10, "scope", "scopes"),
        (11, "allowed_url", "allowed_urls"),
        (12, "presetss", "presets"),
        (13, "url_lits", "url_lists"),
        (14, "delivre", "deliver"),
        (20, "evn", "env"),
        (20, "comand", "command"),
        (20, "fiel", "file"),
        (20, "even_if_trackd", "even_if_tracked"),
        (21, "token", "tokens"),
    ] {
        let told = faults.iter().any(|fault| {
            fault.starts_with(&format!("{line}:"))
                && fault.contains(&format!("unknown key \"{typed}\""))
                && fault.contains(&format!("did you mean \"{meant}\"?"))
        });
        assert!(told, "{typed}: {faults:#?}");
    }
}

#[test]
fn what_is_of_the_wrong_kind_is_told() {
    for (text, told) in [
        ("tokens = 1", "tokens should be a table, not a number"),
        ("version = 2\n[tokens]", "1:11: this jeton reads version 1"),
        ("version = \"1\"\n[tokens]", "this jeton reads version 1"),
        ("[tokens]\na = []", "a token should be a table, not a list"),
        ("[tokens.a]\nnote = 1\nscopes = []", "note should be a string, not a number"),
        ("[tokens.a]\nnote = \"x\"\nscopes = \"styles:read\"", "should be a list of strings, not a string"),
        ("[tokens.a]\nnote = \"x\"\nscopes = [1]", "each of \"scopes\" should be a string"),
        ("[tokens.a]\nnote = \"x\"\nscopes = [\"a:read\", \"a:read\"]", "appears twice"),
        ("[tokens.a]\nnote = \"x\"", "has no scopes; if that is intended, write scopes = []"),
        ("[tokens.a]\nscopes = []", "needs a note or an ID"),
        ("[tokens.a]\nnote = \"x\"\ndefault = 1\nscopes = []", "default should be true or false"),
        ("[tokens.a]\nnote = \"x\"\npresets = [\"web-mpa\"]", "unknown preset \"web-mpa\" (did you mean \"web-map\"?)"),
        ("[tokens.a]\nnote = \"x\"\nscopes = []\nurl_lists = [\"s\"]", "unknown URL list \"s\""),
        ("[presets]\nweb-map = []\n[tokens]", "\"web-map\" is a preset of jeton"),
        ("[tokens.a]\nnote = \"x\"\nscopes = []\ndeliver = {}", "deliver should be a list"),
        ("[tokens.a]\nnote = \"x\"\nscopes = []\ndeliver = [{}]", "each destination is one of command, env, file"),
        ("[tokens.a]\nnote = \"x\"\nscopes = []\ndeliver = [{env = \"x\"}]", "Type a file and a variable"),
        ("[tokens.a]\nnote = \"x\"\nscopes = []\ndeliver = [{command = []}]", "Type a command"),
        ("[tokens.a]\nnote = \"x\"\nscopes = []\ndeliver = [{file = \"\"}]", "Type a file name"),
        (
            "[tokens.a]\nnote = \"x\"\nscopes = []\ndeliver = [{file = \"a\", env = \"b:C\"}]",
            "each destination is one of",
        ),
        ("[tokens.a]\ndefault = true\nscopes = []\nallowed_urls = [\"a.example\"]", "can't be restricted to URLs"),
        ("", "the file names no tokens"),
        ("[tokens.\"\"]\nnote = \"x\"\nscopes = []", "key can't be empty"),
    ] {
        let faults = faults(text);
        assert!(faults.iter().any(|fault| fault.contains(told)), "{text}: {faults:?}");
    }
    let long = format!("[tokens.a]\nnote = \"{}\"\nscopes = []", "é".repeat(129));
    assert!(faults(&long)[0].contains("129 characters"));
}

#[test]
fn two_entries_cannot_share_an_id_a_place_or_the_default() {
    let text = "[tokens.a]\nid = \"x\"\nscopes = []\ndefault = true\n\
        [tokens.b]\nid = \"x\"\nscopes = []\ndefault = true\n\
        [tokens.c]\nnote = \"c\"\nscopes = []\ndeliver = [{file = \"f\"}, {file = \"f\"}]\n";
    let faults = faults(text);
    for told in
        ["6:6: \"a\" already has this ID", "5:9: \"a\" is already the default", "\"c\" is already delivered to file f"]
    {
        assert!(faults.iter().any(|fault| fault.contains(told)), "{told}: {faults:?}");
    }
}

#[test]
fn a_value_in_the_file_is_refused_and_not_repeated() {
    let value = "sk.eyJ1IjoiYWRhIiwiYSI6ImNtZmFrZTAwMDAwMDAwMDAwMDAwMDAwMDAifQ.fakefakefakefakefakefa";
    for text in [
        format!("[tokens.a]\nnote = \"{value}\"\nscopes = []"),
        format!("[tokens.a]\nnote = \"x\"\ntoken = \"{value}\"\nscopes = []"),
        format!("[tokens.'{value}']\nnote = \"x\"\nscopes = []"),
        format!("[tokens.a]\nnote = \"x\"\nscopes = []\n'{value}' = 1"),
        format!("[url_lists]\nx = [\"{value}\"]\n[tokens]"),
        format!("{value} = "),
    ] {
        let faults = faults(&text).join("\n");
        assert!(!faults.contains("fakefake"), "{faults}");
    }
}
