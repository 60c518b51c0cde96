//! Builds the web interface and generates a table of its files for `include_bytes!`.
//!
//! `npm ci` runs when the lock file changed, `npm run build` when a listed input changed; neither
//! writes to anything listed, so an untouched tree costs nothing. `FRONTDESK_UI_DIST` names a folder
//! with an already built interface and leaves Node.js out of it.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, exit};
use std::{env, fs};

/// What the interface is built from. `node_modules` and build output must never be listed: npm writes
/// there, and every build would then run the next one.
const INPUTS: &[&str] =
    &["src", "public", "index.html", "package.json", "package-lock.json", "vite.config.ts", "tsconfig.json"];

/// The oldest Node.js the build tools run on.
const NODE: [u32; 2] = [20, 19];

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=FRONTDESK_UI_DIST");
    let dist = match env::var_os("FRONTDESK_UI_DIST") {
        Some(ready) => {
            println!("cargo::rerun-if-changed={}", ready.display());
            PathBuf::from(ready)
        }
        None => npm_build(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web"), &out),
    };
    embed(&dist, &out);
}

/// Runs the Node.js build of `ui` into the crate's own output folder.
fn npm_build(ui: &Path, out: &Path) -> PathBuf {
    for input in INPUTS {
        println!("cargo::rerun-if-changed={}", ui.join(input).display());
    }
    require_node();
    // One npm at a time: cargo, an editor's checker and another profile may build at once.
    create_dir(&ui.join("node_modules"));
    let lock = fs::File::create(ui.join(".ui-build.lock")).unwrap_or_else(|e| fail(&format!("lock: {e}")));
    lock.lock().unwrap_or_else(|e| fail(&format!("lock: {e}")));

    let want = hash(&read(&ui.join("package-lock.json")));
    let stamp = ui.join("node_modules/.lock-stamp");
    if fs::read_to_string(&stamp).ok().as_deref() != Some(&want) {
        // --include=dev: NODE_ENV=production in the caller's shell must not drop the build tools.
        npm(ui, &["ci", "--include=dev", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]);
        write(&stamp, &want);
    }
    let dist = out.join("ui");
    let target = dist.to_str().unwrap_or_else(|| fail("OUT_DIR is not UTF-8"));
    npm(ui, &["run", "--silent", "build", "--", "--outDir", target, "--emptyOutDir", "--logLevel", "warn"]);
    dist
}

fn require_node() {
    let version = Command::new("node")
        .arg("--version")
        .output()
        .ok()
        .and_then(|o| String::from_utf8(o.stdout).ok())
        .unwrap_or_else(|| {
            fail(
                "the web interface needs Node.js 20.19 or newer (with npm) on PATH, and `node` was not found. \
                 Install it (Debian: `apt-get install nodejs npm`), or set FRONTDESK_UI_DIST to a folder \
                 with an already built interface.",
            )
        });
    let numbers: Vec<u32> =
        version.trim().trim_start_matches('v').split('.').filter_map(|p| p.parse().ok()).collect();
    if numbers.as_slice() < NODE.as_slice() {
        fail(&format!("the web interface needs Node.js 20.19 or newer; this is {}", version.trim()));
    }
}

fn npm(ui: &Path, args: &[&str]) {
    let name = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let run = Command::new(name)
        .args(args)
        .current_dir(ui)
        .output()
        .unwrap_or_else(|e| fail(&format!("could not start npm ({e}); it comes with Node.js")));
    if run.status.success() {
        return;
    }
    let (said, complained) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    for line in said.lines().chain(complained.lines()) {
        println!("cargo::error={line}");
    }
    fail(&format!("`npm {}` failed in {}", args.join(" "), ui.display()));
}

/// Writes `files.rs`: one `File` per built file, sorted by path, with its compressed twins.
fn embed(dist: &Path, out: &Path) {
    let mut files = vec![];
    walk(dist, &mut files);
    files.sort_by_key(|f| web_path(dist, f));
    if !files.iter().any(|f| web_path(dist, f) == "index.html") {
        fail(&format!("no index.html in {}", dist.display()));
    }
    let mut table = String::from("pub(crate) static FILES: &[File] = &[\n");
    for file in files.iter().filter(|f| is_served(f)) {
        table += &format!(
            "File {{ path: {:?}, etag: {:?}, raw: include_bytes!({file:?}), br: {}, gz: {} }},\n",
            web_path(dist, file),
            format!("\"{}\"", hash(&read(file))),
            twin(file, "br"),
            twin(file, "gz"),
        );
    }
    write(&out.join("files.rs"), &(table + "];\n"));
}

/// The compressed copies ride along with their original, and build metadata is nobody's business.
fn is_served(file: &Path) -> bool {
    let compressed = matches!(file.extension().and_then(|e| e.to_str()), Some("br" | "gz"));
    !compressed && !file.components().any(|c| c.as_os_str() == ".vite")
}

fn twin(file: &Path, extension: &str) -> String {
    let path = PathBuf::from(format!("{}.{extension}", file.display()));
    if path.exists() { format!("Some(include_bytes!({path:?}))") } else { "None".into() }
}

fn web_path(dist: &Path, file: &Path) -> String {
    let inside = file.strip_prefix(dist).unwrap_or(file);
    inside.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn walk(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap_or_else(|e| fail(&format!("{}: {e}", dir.display()))).flatten() {
        let path = entry.path();
        if path.is_dir() { walk(&path, into) } else { into.push(path) }
    }
}

fn hash(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|e| fail(&format!("{}: {e}", path.display())))
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap_or_else(|e| fail(&format!("{}: {e}", path.display())));
}

fn create_dir(path: &Path) {
    fs::create_dir_all(path).unwrap_or_else(|e| fail(&format!("{}: {e}", path.display())));
}

fn fail(why: &str) -> ! {
    println!("cargo::error={why}");
    exit(1)
}
