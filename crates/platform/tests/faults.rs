//! SQLite when the machine fails: full disk, failing fsync, kill -9. The promise is one sentence: what was answered `Ok` is
//! there after reopening, what was answered with an error is not.
#![allow(unsafe_code, reason = "a failing disk can only be played by a VFS, and that interface is C")]

mod common;

use std::{
    collections::{BTreeSet, HashMap},
    ffi::{CStr, CString, c_char, c_int, c_void},
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

use common::{Gate, MIGRATIONS, add, all_bodies, hold};
use platform::{
    Code, Db, Result,
    db::{Options, Reactors, Target, rusqlite::ffi},
    params, sql,
    testing::{Setup, TestDb, eventually},
};

/// What the disk of one test does. Lives as long as the process, as the VFS that points to it.
#[derive(Default)]
struct Disk {
    /// So many fsyncs of the log fail from now on.
    failing_syncs: AtomicU32,
    full: AtomicBool,
}

/// Open files by their address: whose disk they are on, and whether they are the log.
static FILES: LazyLock<Mutex<HashMap<usize, (&'static Disk, bool)>>> = LazyLock::new(Mutex::default);
/// The methods of the real VFS, the same for every ordinary file.
static REAL: AtomicUsize = AtomicUsize::new(0);

fn real() -> &'static ffi::sqlite3_io_methods {
    // SAFETY: set in `open` before any file has our methods, to a static of SQLite's.
    unsafe { &*(REAL.load(SeqCst) as *const ffi::sqlite3_io_methods) }
}

fn disk_of(file: *mut ffi::sqlite3_file) -> (&'static Disk, bool) {
    FILES.lock().expect("files")[&(file as usize)]
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite hands us the VFS that `disk()` registered, whose data is a leaked `Disk`, and a file of the size
    // that the real VFS asked for; the real one opens it, and ours only puts its own table of methods in front.
    unsafe {
        let default = ffi::sqlite3_vfs_find(std::ptr::null());
        let rc = ((*default).xOpen.expect("xOpen"))(default, name, file, flags, out);
        if rc == ffi::SQLITE_OK && !(*file).pMethods.is_null() {
            let disk = &*((*vfs).pAppData as *const Disk);
            FILES.lock().expect("files").insert(file as usize, (disk, flags & ffi::SQLITE_OPEN_WAL != 0));
            REAL.store((*file).pMethods as usize, SeqCst);
            let mut methods = *(*file).pMethods;
            methods.xSync = Some(sync);
            methods.xWrite = Some(write);
            (*file).pMethods = Box::leak(Box::new(methods));
        }
        rc
    }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    let (disk, is_log) = disk_of(file);
    if is_log && disk.failing_syncs.try_update(SeqCst, SeqCst, |n| n.checked_sub(1)).is_ok() {
        return ffi::SQLITE_IOERR_FSYNC;
    }
    // SAFETY: the file was opened by the real VFS.
    unsafe { (real().xSync.expect("xSync"))(file, flags) }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    n: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    if disk_of(file).0.full.load(SeqCst) {
        return ffi::SQLITE_FULL;
    }
    // SAFETY: the file was opened by the real VFS; the bytes are SQLite's.
    unsafe { (real().xWrite.expect("xWrite"))(file, bytes, n, at) }
}

/// A disk to break, and the name of the VFS that stores on it.
fn disk() -> (&'static Disk, String) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("breakable-{}", COUNT.fetch_add(1, SeqCst));
    let disk: &'static Disk = Box::leak(Box::default());
    // SAFETY: the copy of the default VFS differs in its name, its data and its xOpen, and is never freed.
    unsafe {
        assert_eq!(ffi::sqlite3_initialize(), ffi::SQLITE_OK);
        let mut vfs = *ffi::sqlite3_vfs_find(std::ptr::null());
        let text: &'static CStr = Box::leak(CString::new(name.clone()).expect("no NUL").into_boxed_c_str());
        vfs.zName = text.as_ptr();
        vfs.pAppData = std::ptr::from_ref(disk) as *mut c_void;
        vfs.xOpen = Some(open);
        vfs.pNext = std::ptr::null_mut();
        assert_eq!(ffi::sqlite3_vfs_register(Box::leak(Box::new(vfs)), 0), ffi::SQLITE_OK);
    }
    (disk, name)
}

fn on(vfs: String) -> TestDb {
    Setup::new(MIGRATIONS)
        .tune(move |o| {
            o.run_twice = false;
            o.vfs = Some(vfs.clone());
        })
        .sqlite()
}

/// What a machine would find that lost power now: the file and its log as they stand, and nothing of the memory.
fn after_a_crash(file: &Path) -> Vec<String> {
    let dir = tempfile::tempdir().expect("a directory");
    let copy = dir.path().join("copy.db");
    std::fs::copy(file, &copy).expect("the file");
    let log = file.with_extension("db-wal");
    if log.exists() {
        std::fs::copy(&log, copy.with_extension("db-wal")).expect("the log");
    }
    all_bodies(&plain(&copy))
}

fn plain(file: &Path) -> Db {
    let options = Options::new(Target::Sqlite(file.to_owned()));
    Db::open(&options, platform::Clock::system(), Reactors::default()).expect("opens")
}

fn queued(db: &Db, body: String) -> thread::JoinHandle<Result<i64>> {
    let (before, handle) = (db.stats().queued, db.clone());
    let waiting = thread::spawn(move || handle.write_now(move |tx| add(tx, &body)));
    eventually(10, "queued", || db.stats().queued > before);
    waiting
}

#[test]
fn a_failing_fsync_is_told_to_everyone_in_the_group_and_the_group_is_gone() {
    let (disk, vfs) = disk();
    let t = on(vfs);
    t.db.write_now(|tx| add(tx, "before")).expect("write");

    let gate = Gate::default();
    let held = hold(&t.db, &gate);
    let group: Vec<_> = (0..5).map(|n| queued(&t.db, format!("lost {n}"))).collect();
    disk.failing_syncs.store(1, SeqCst);
    gate.open();
    // The holder wrote nothing; it stood in this group or, having taken its time, in one before.
    let _ = held.join().expect("thread");
    for one in group {
        let e = one.join().expect("thread").expect_err("the commit failed");
        assert!(e.code == Code::Unavailable && e.detail.contains("nothing was changed"), "{e}");
    }
    assert_eq!(disk.failing_syncs.load(SeqCst), 0);
    // The group's pages stood whole in the log when the fsync failed; no crash may bring them back.
    assert_eq!(after_a_crash(&t.file()), ["before"]);

    t.db.write_now(|tx| add(tx, "after")).expect("later work goes on");
    assert_eq!(all_bodies(&t.db), ["before", "after"]);
    assert_eq!(after_a_crash(&t.file()), ["before", "after"]);
    let t = t.reopened(|o| o.vfs = None);
    assert_eq!(all_bodies(&t.db), ["before", "after"]);
}

#[test]
fn a_disk_that_keeps_failing_is_told_apart_and_loses_nothing_that_was_answered() {
    let (disk, vfs) = disk();
    let t = on(vfs);
    t.db.write_now(|tx| add(tx, "before")).expect("write");
    disk.failing_syncs.store(u32::MAX, SeqCst);
    for n in 0..3 {
        let e = t.db.write_now(move |tx| add(tx, &format!("maybe {n}"))).expect_err("no fsync");
        assert!(e.code == Code::Unavailable && e.detail.contains("look whether"), "{e}");
        assert_eq!(all_bodies(&t.db), ["before"], "and nobody sees it meanwhile");
    }
    disk.failing_syncs.store(0, SeqCst);
    t.db.write_now(|tx| add(tx, "after")).expect("the disk is back");
    assert_eq!(after_a_crash(&t.file()), ["before", "after"]);
    let t = t.reopened(|o| o.vfs = None);
    assert_eq!(all_bodies(&t.db), ["before", "after"]);
}

#[test]
fn on_a_disk_that_fills_up_and_empties_every_answer_is_the_truth() {
    let (disk, vfs) = disk();
    let t = on(vfs);
    let (told, refused) = (Mutex::new(BTreeSet::new()), AtomicU32::new(0));
    thread::scope(|s| {
        for n in 0..8 {
            let (db, told, refused) = (&t.db, &told, &refused);
            s.spawn(move || {
                for i in 0..60 {
                    // Some larger than the page cache would like, so that pages go to the log before the commit.
                    let body = format!("{n}/{i} {}", "x".repeat(if i % 7 == 0 { 300_000 } else { 3_000 }));
                    let mine = body.clone();
                    match db.write_now(move |tx| add(tx, &mine)) {
                        Ok(_) => {
                            told.lock().expect("told").insert(body);
                        }
                        Err(e) => {
                            assert_eq!(e.code, Code::Unavailable, "{e}");
                            refused.fetch_add(1, SeqCst);
                        }
                    }
                }
            });
        }
        for _ in 0..5 {
            let (so_far, refused_so_far) = (t.db.stats().writes, refused.load(SeqCst));
            let finished = || told.lock().expect("told").len() as u32 + refused.load(SeqCst) == 480;
            eventually(30, "some succeed", || t.db.stats().writes > so_far + 10 || finished());
            disk.full.store(true, SeqCst);
            eventually(30, "some fail", || refused.load(SeqCst) > refused_so_far + 10 || finished());
            disk.full.store(false, SeqCst);
        }
    });
    assert!(refused.load(SeqCst) > 20);
    let told = told.into_inner().expect("told");
    t.db.write_now(|tx| add(tx, "space is back")).expect("write");
    let found: BTreeSet<String> =
        after_a_crash(&t.file()).into_iter().filter(|b| b != "space is back").collect();
    assert!(found == told, "{} were told, {} are there after a crash", told.len(), found.len());
    let t = t.reopened(|o| o.vfs = None);
    assert_eq!(all_bodies(&t.db).len(), told.len() + 1);
}

#[test]
fn a_full_file_refuses_and_takes_work_again_when_rows_are_gone() {
    let t = Setup::new(MIGRATIONS).sqlite().reopened(|o| {
        o.run_twice = false;
        o.max_pages = Some(300);
    });
    let mut told = Vec::new();
    let refused = loop {
        let body = format!("{} {}", told.len(), "x".repeat(20_000));
        let mine = body.clone();
        match t.db.write_now(move |tx| add(tx, &mine)) {
            Ok(_) => told.push(body),
            Err(e) => break e,
        }
    };
    assert!(refused.code == Code::Unavailable && refused.detail.contains("full"), "{refused}");
    assert!(told.len() > 5);
    assert_eq!(all_bodies(&t.db), told);
    t.db.write_now(|tx| tx.exec(sql!("DELETE FROM notes WHERE id <= ?1"), params![3])).expect("delete");
    t.db.write_now(|tx| add(tx, &"y".repeat(20_000))).expect("there is space again");
    let t = t.reopened(|o| o.max_pages = None);
    assert_eq!(all_bodies(&t.db).len(), told.len() - 3 + 1);
}

#[test]
fn neighbours_of_the_one_that_fills_the_disk_are_not_told_that_they_were_stored() {
    let t = Setup::new(MIGRATIONS).sqlite().reopened(|o| {
        o.run_twice = false;
        o.max_pages = Some(300);
    });
    let gate = Gate::default();
    let held = hold(&t.db, &gate);
    let before = queued(&t.db, "stands before".into());
    let filling = queued(&t.db, "x".repeat(3_000_000));
    let behind = queued(&t.db, "stands behind".into());
    gate.open();
    let _ = held.join().expect("thread");
    assert_eq!(filling.join().expect("thread").map_err(|e| e.code), Err(Code::Unavailable));
    let mut told = Vec::new();
    for (name, answer) in [("stands before", before), ("stands behind", behind)] {
        if answer.join().expect("thread").is_ok() {
            told.push(name);
        }
    }
    let t = t.reopened(|o| o.max_pages = None);
    assert_eq!(all_bodies(&t.db), told);
}

#[test]
fn a_closure_that_overlooks_the_end_of_its_transaction_writes_nothing() {
    let t = Setup::new(MIGRATIONS).sqlite().reopened(|o| {
        o.run_twice = false;
        o.max_pages = Some(300);
    });
    let careless = t.db.write_now(|tx| {
        let _ = tx.exec(sql!("INSERT OR ROLLBACK INTO notes (body) VALUES (?1)"), params!["twice"]);
        // The second ends the transaction of everyone.
        let _ = tx.exec(sql!("INSERT OR ROLLBACK INTO notes (body) VALUES (?1)"), params!["twice"]);
        let _ = tx.exec(sql!("INSERT INTO notes (body) VALUES ('outside of any transaction')"), &[]);
        let _ = add(tx, "this too");
        Ok(())
    });
    assert_eq!(careless.map_err(|e| e.code), Err(Code::Unavailable));
    assert!(all_bodies(&t.db).is_empty());
    // An error of its own is told as it is.
    let own = t.db.write_now(|tx| {
        let _ = tx.exec(sql!("INSERT OR ROLLBACK INTO notes (id, body) VALUES (1, 'a'), (1, 'b')"), &[]);
        Err::<(), _>(platform::Error::not_found("note"))
    });
    assert_eq!(own.map_err(|e| e.code), Err(Code::NotFound));
    t.db.write_now(|tx| add(tx, "the writer goes on")).expect("write");
    assert_eq!(all_bodies(&t.db), ["the writer goes on"]);
}

/// The process that `nothing_answered_is_lost_by_kill_9` kills; by itself it does nothing.
#[test]
fn child_that_writes_until_it_is_killed() {
    #[expect(clippy::disallowed_methods, reason = "how the parent says where")]
    let Ok(file) = std::env::var("FRONTDESK_TEST_CHILD") else { return };
    let db = plain(Path::new(&file));
    thread::scope(|s| {
        for n in 0..8 {
            let db = &db;
            s.spawn(move || {
                for i in 0.. {
                    let body = format!("{n}/{i}");
                    let mine = body.clone();
                    if db.write_now(move |tx| add(tx, &mine)).is_ok() {
                        println!("stored {body}");
                    }
                }
            });
        }
    });
}

#[test]
fn nothing_answered_is_lost_by_kill_9() {
    let t = TestDb::sqlite(MIGRATIONS);
    let file = t.file();
    for _ in 0..3 {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "child_that_writes_until_it_is_killed", "--nocapture"])
            .env("FRONTDESK_TEST_CHILD", &file)
            .stdout(Stdio::piped())
            .spawn()
            .expect("a child");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut told: Vec<String> = Vec::new();
        let mut note = |line: String| {
            if let Some((_, body)) = line.split_once("stored ") {
                told.push(body.to_owned());
            }
        };
        lines.by_ref().map_while(|l| l.ok()).take(500).for_each(&mut note);
        child.kill().expect("kill");
        child.wait().expect("wait");
        // A line cut short by the kill names no whole body; whole ones were answered before.
        lines.map_while(|l| l.ok()).for_each(&mut note);
        let there: BTreeSet<String> = all_bodies(&t.db).into_iter().collect();
        let last = told.pop();
        assert!(told.len() > 400, "{last:?}");
        for body in &told {
            assert!(there.contains(body), "{body} was answered and is gone");
        }
        t.db.write_now(|tx| tx.exec(sql!("DELETE FROM notes"), &[])).expect("delete");
    }
}
