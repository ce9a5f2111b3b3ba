//! The commands of a page, typed one after the other in a folder of their own.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::page::{Block, agrees, blocks, steps};

/// What a page may type besides `tamis` and the words of the shell itself.
const PROGRAMS: [&str; 9] = ["basename", "cat", "chmod", "cp", "head", "ls", "mkdir", "mv", "sed"];

/// Folders of the project that a page finds where it begins.
const GIVEN: [&str; 3] = ["sample_data", "schemas", "pipelines"];

/// What came of a page.
#[derive(Debug)]
pub struct Outcome {
    /// What did not come out as it is shown.
    pub wrong: Vec<String>,
    /// The page with what came out.
    pub rewritten: String,
    /// Commands that were run.
    pub commands: usize,
}

struct Session {
    folder: TempDir,
    here: PathBuf,
    locale: &'static str,
}

impl Session {
    fn new(locale: &'static str) -> Self {
        let folder = TempDir::new().unwrap();
        for part in ["bin", "home", "work"] {
            fs::create_dir(folder.path().join(part)).unwrap();
        }
        symlink(env!("CARGO_BIN_EXE_tamis"), folder.path().join("bin/tamis")).unwrap();
        for name in PROGRAMS {
            let found = ["/usr/bin", "/bin"].iter().map(|f| Path::new(f).join(name)).find(|p| p.exists());
            symlink(found.expect("a program of every system"), folder.path().join("bin").join(name)).unwrap();
        }
        let project = Path::new(env!("CARGO_MANIFEST_DIR"));
        for name in GIVEN {
            copy(&project.join(name), &folder.path().join("work").join(name));
        }
        fs::write(folder.path().join("variables"), "").unwrap();
        let here = folder.path().join("work");
        Self { folder, here, locale }
    }

    /// Types a command; `cd` and `NAME=value` hold for those after it.
    fn type_in(&mut self, command: &str) -> (i32, String) {
        let root = self.folder.path();
        let name = command.split_once('=').map(|(name, _)| name);
        let assigns = name.filter(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_uppercase() || c == '_'));
        let after =
            assigns.map_or(String::new(), |n| format!("printf \"{n}='%s'\\n\" \"${n}\" >> \"$ROOT/variables\"\n"));
        let script = format!(". \"$ROOT/variables\"\n{command}\ncode=$?\n{after}pwd > \"$ROOT/here\"\nexit $code\n");
        let outcome = root.join("output");
        let file = fs::File::create(&outcome).unwrap();
        let done = Command::new("/bin/sh")
            .args(["-c", &script])
            .current_dir(&self.here)
            .env_clear()
            .env("ROOT", root)
            .env("PATH", root.join("bin"))
            .env("HOME", root.join("home"))
            .env("LC_MESSAGES", self.locale)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .status()
            .unwrap();
        if let Ok(here) = fs::read_to_string(root.join("here")) {
            self.here = PathBuf::from(here.trim_end());
        }
        let told = String::from_utf8_lossy(&fs::read(outcome).unwrap()).into_owned();
        (done.code().unwrap_or(-1), told)
    }

    /// Writes a file that a block holds, or makes the changes that a `diff` block shows.
    fn write(&self, block: &Block, lines: &[&str]) -> Result<(), String> {
        let path = self.here.join(block.file().unwrap_or_default());
        let inside = &lines[block.lines.clone()];
        if block.language == "diff" {
            let before = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            return fs::write(&path, changed(&before, inside)?).map_err(|e| e.to_string());
        }
        if path.exists() {
            return Err(format!("{} is there already", path.display()));
        }
        fs::write(path, inside.join("\n") + "\n").map_err(|e| e.to_string())
    }
}

/// A text after the changes of a `diff`; `@@` lines part them. The lines of each stand in the text once.
fn changed(text: &str, diff: &[&str]) -> Result<String, String> {
    let mut text = format!("\n{text}");
    for part in diff.split(|line| line.starts_with("@@")).filter(|part| !part.is_empty()) {
        let side = |sign: char| {
            let kept = part.iter().filter(|line| line.is_empty() || line.starts_with([' ', sign]));
            let kept: Vec<&str> = kept.map(|line| line.get(1..).unwrap_or_default()).collect();
            kept.iter().fold("\n".to_owned(), |all, line| all + line + "\n")
        };
        let (old, new) = (side('-'), side('+'));
        if text.matches(&old).count() != 1 {
            return Err(format!("these lines stand {} times in the file:{old}", text.matches(&old).count()));
        }
        text = text.replacen(&old, &new, 1);
    }
    Ok(text.split_off(1))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap).filter(|e| e.path().is_file()) {
        let path = to.join(entry.file_name());
        fs::copy(entry.path(), &path).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o640)).unwrap();
    }
}

/// Runs every block of a page that is to be run.
pub fn run(page: &str, french: bool) -> Outcome {
    let lines: Vec<&str> = page.lines().collect();
    let mut session = Session::new(if french { "fr_FR.UTF-8" } else { "C" });
    let (mut wrong, mut commands, mut rewritten, mut copied) = (Vec::new(), 0, Vec::new(), 0);
    for block in blocks(&lines).iter().filter(|block| !block.has("norun")) {
        if block.file().is_some() {
            if let Err(error) = session.write(block, &lines) {
                wrong.push(format!("line {}: {error}", block.line));
            }
        } else if block.language == "console" {
            for step in steps(&lines, block) {
                commands += 1;
                let (code, told) = session.type_in(&step.command);
                let told: Vec<&str> = told.lines().collect();
                let right = agrees(&lines[step.output.clone()], &told);
                if code != step.code || !right {
                    let told = told.join("\n");
                    wrong.push(format!("line {}: {}\nexit code {code}\n{told}\n", step.line, step.command));
                }
                if !right {
                    rewritten.extend(lines[copied..step.output.start].iter().map(|l| (*l).to_owned()));
                    rewritten.extend(told.iter().map(|line| line.trim_end().to_owned()));
                    copied = step.output.end;
                }
            }
        }
    }
    rewritten.extend(lines[copied..].iter().map(|l| (*l).to_owned()));
    Outcome { wrong, rewritten: rewritten.join("\n") + "\n", commands }
}

#[test]
fn a_change_is_made_where_its_lines_stand_once() {
    assert_eq!(changed("a\nb\nc\n", &[" a", "-b", "+x"]).unwrap(), "a\nx\nc\n");
    assert_eq!(changed("a\nb\nc\n", &["-a", "@@", " c", "+d"]).unwrap(), "b\nc\nd\n");
    assert!(changed("a\nb\na\n", &["-a"]).is_err() && changed("a\n", &["-b", "+c"]).is_err());
}
