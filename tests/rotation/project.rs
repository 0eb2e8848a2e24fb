//! A project in a git repository: three `.env` files, a Kubernetes manifest, a workflow and many sources, with a token in each.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

use super::rig::{Rig, text};

/// The project.
pub struct Project {
    pub rig: Rig,
    pub root: PathBuf,
    /// The old token.
    pub id: String,
    pub value: String,
}

/// What a token may do, as arguments of `jeton create`.
pub const SECRET: &[&str] = &["--scope", "uploads:write,uploads:read"];
pub const PUBLIC: &[&str] = &["--scope", "styles:read,styles:tiles", "--allowed-url", "example.com"];

impl Project {
    /// A project with `sources` source files that use a token with these scopes. What holds a secret token is ignored by git.
    pub fn new(rig: Rig, arguments: &[&str], sources: usize) -> Self {
        let root = rig.path("project");
        let (id, value) = create(&rig, "ci-uploads", arguments);
        let project = Self { rig, root, id, value };
        project.fill(sources);
        project
    }

    fn fill(&self, sources: usize) {
        let value = &self.value;
        for folder in ["src", "k8s", ".github/workflows"] {
            fs::create_dir_all(self.root.join(folder)).unwrap();
        }
        self.write(".env", &format!("A=1\r\nexport MAPBOX_TOKEN=\"{value}\"\r\nLAST=no newline"));
        self.write(".env.local", &format!("# {value}\nMAPBOX_TOKEN={value}\n"));
        self.write("src/.env.production", &format!("NEXT_PUBLIC_MAPBOX='{value}' # jeton:allow\n"));
        self.write("k8s/secret.yaml", &format!("apiVersion: v1\nkind: Secret\nstringData:\n  token: {value}\n"));
        self.write(".github/workflows/ci.yml", &format!("env:\n  MAPBOX_TOKEN: {value}\n"));
        for number in 0..sources {
            let path = format!("src/map{number}.js");
            match number % 4 {
                0 => self.write(&path, &format!("mapboxgl.accessToken = '{value}';\n")),
                1 => self
                    .write(&path, &format!("fetch(`https://api.example/?a=1&access_token={value}&b=2`)\r\n// é 東京")),
                2 => self.write(&path, &format!("{{\"a\":\"{}\",\"b\":\"{value}\"}}", value.replace('.', "\\u002e"))),
                _ => {
                    let wide: Vec<u8> =
                        format!("\u{feff}token = {value}\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
                    fs::write(self.root.join(&path), wide).unwrap();
                }
            }
        }
        self.write("README.md", "A project without a token.\n");
        fs::set_permissions(self.root.join(".env"), fs::Permissions::from_mode(0o640)).unwrap();
        self.git(&["init", "-q"]);
        if self.value.starts_with("sk.") {
            self.write(".gitignore", "*\n!README.md\n");
        }
        self.git(&["add", "-A"]);
        self.commit();
    }

    pub fn write(&self, path: &str, content: &str) {
        fs::write(self.root.join(path), content).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap()
    }

    #[expect(clippy::disallowed_methods, reason = "it has no token to inherit")]
    pub fn git(&self, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]).args(arguments);
        let output =
            git.current_dir(&self.root).env_clear().env("PATH", std::env::var_os("PATH").unwrap()).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    }

    pub fn commit(&self) {
        self.git(&["commit", "-q", "--allow-empty", "-m", "As it was"]);
    }

    /// `jeton rotate` in the project.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.rig.jeton([&["rotate"], arguments].concat());
        command.current_dir(&self.root);
        command
    }

    pub fn rotate(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// `jeton rotate` that must work; what it prints as JSON.
    pub fn rotated(&self, arguments: &[&str]) -> Value {
        let output = self.rotate(&[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        let printed = text(&output.stdout) + &text(&output.stderr);
        assert!(!printed.contains(&self.value), "{arguments:?}: a value is printed");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Every file but git's own, with its mode and content.
    pub fn files(&self) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.extend((!path.ends_with(".git")).then_some(path));
                } else {
                    let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
                    files.insert(path.strip_prefix(&self.root).unwrap().to_owned(), (mode, fs::read(&path).unwrap()));
                }
            }
        }
        files
    }

    /// The ids of the tokens of that name.
    pub fn ids(&self) -> Vec<String> {
        self.rig.tokens("ci-uploads").iter().map(|token| token.id.as_str().to_owned()).collect()
    }

    /// The value of the entry in `.env`.
    pub fn entry(&self) -> String {
        let content = self.read(".env");
        let line = content.lines().find(|line| line.contains("MAPBOX_TOKEN=")).unwrap();
        line.split_once('=').unwrap().1.trim().trim_matches('"').to_owned()
    }

    /// How many files and folders hold the old value, in whatever encoding.
    pub fn holding_old(&self) -> usize {
        let wide: Vec<u8> = self.value.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let escaped = self.value.replace('.', "\\u002e").into_bytes();
        let holds = |content: &[u8], value: &[u8]| content.windows(value.len()).any(|window| window == value);
        let is_old = |(_, content): &&(u32, Vec<u8>)| {
            [self.value.as_bytes(), &wide, &escaped].iter().any(|value| holds(content, value))
        };
        self.files().values().filter(is_old).count()
    }

    /// The one rotation on record.
    pub fn open(&self) -> Value {
        let output = self.rotate(&["--list", "--json"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let list: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
        list[0].clone()
    }

    /// Nothing is on record, nothing is open, and no token value is in the state directory.
    pub fn assert_settled(&self) {
        let output = self.rotate(&["--list", "--json"]);
        assert_eq!(text(&output.stdout).trim(), "[]");
        assert!(self.rig.recover().is_empty());
        let mut folders = vec![self.rig.state()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { panic!("{} is left", path.display()) }
            }
        }
        self.assert_no_leftovers();
    }

    pub fn assert_no_leftovers(&self) {
        let is_leftover = |path: &Path| path.file_name().unwrap().to_string_lossy().starts_with(".jeton-");
        assert!(!self.files().keys().any(|path| is_leftover(path)), "half-written files are left");
    }

    /// No token value is in what rotations keep on disk.
    pub fn assert_no_value_on_record(&self) {
        for entry in fs::read_dir(self.rig.state().join("rotations")).into_iter().flatten() {
            let content = fs::read_to_string(entry.unwrap().path()).unwrap();
            // With the dot, which sealed bytes in base64 cannot hold by chance.
            assert!(!content.contains(".eyJ"), "{content}");
        }
    }
}

/// A token with a name; its id and value.
pub fn create(rig: &Rig, note: &str, arguments: &[&str]) -> (String, String) {
    let output = rig.run(&[&["create", "--json", "--note", note], arguments].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let token: Value = serde_json::from_slice(&output.stdout).unwrap();
    (token["id"].as_str().unwrap().to_owned(), token["token"].as_str().unwrap().to_owned())
}
