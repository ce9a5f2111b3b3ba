//! The service of systemd that runs a pipeline, and its timer.

use std::path::Path;

use crate::words::Words;

/// The hardening, the same as in `packaging/systemd` (a test compares them).
const HARDENING: &str = include_str!("hardening.conf");

/// Where a workshop and the program stand.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Absolute path of the folder.
    pub folder: &'a Path,
    /// Absolute path of the program.
    pub program: &'a Path,
}

/// A path as a unit file takes it: between quotes, `%` doubled.
fn quoted(path: &str) -> String {
    let escaped = path.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    format!("\"{escaped}\"")
}

/// The service.
pub(super) fn service(name: &str, place: &Place<'_>, words: &Words) -> String {
    let folder = place.folder.to_string_lossy();
    let folder = folder.trim_end_matches('/');
    // In a command line a dollar begins the name of a variable.
    let command = |path: &str| quoted(path).replace('$', "$$");
    let program = command(&place.program.to_string_lossy());
    let pipeline = command(&format!("{folder}/pipeline.toml"));
    let out = quoted(&format!("{folder}/out"));
    let remark = |key: &str| format!("# {}\n", words.tell(key, &[("name", name.into())]));
    [
        remark("init-unit-head"),
        format!("[Unit]\nDescription=tamis: {name}\n\n[Service]\nType=oneshot\n"),
        remark("init-unit-exec"),
        format!("ExecStart={program} run {pipeline} --since last --log json --operator systemd\nSuccessExitStatus=3\n"),
        remark("init-unit-user"),
        "#User=tamis\n#Group=tamis\n".to_owned(),
        remark("init-unit-key"),
        "#LoadCredential=signing.key:/etc/tamis/keys/signing.key\n".to_owned(),
        remark("init-unit-out"),
        format!("ReadWritePaths={out}\n\n{HARDENING}"),
    ]
    .concat()
}

/// The timer.
pub(super) fn timer(name: &str, words: &Words) -> String {
    let when = words.say("init-unit-when");
    format!(
        "# {when}\n[Unit]\nDescription=tamis: {name}\n\n[Timer]\nOnCalendar=monthly\nRandomizedDelaySec=30min\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n"
    )
}
