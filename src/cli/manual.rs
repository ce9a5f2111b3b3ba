//! `tamis completions` and `tamis man`: what shells and `man` know of the commands.

use std::path::{Path, PathBuf};

use clap::CommandFactory;

use super::args::Cli;
use super::{Shell, french};
use crate::disk;

/// Arguments of `tamis completions`.
#[derive(Debug, clap::Args)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// Arguments of `tamis man`.
#[derive(Debug, clap::Args)]
pub struct ManArgs {
    /// Folder to write a page for each command to; files in it must not exist yet. Default: the first page to standard output.
    pub dir: Option<PathBuf>,
}

/// Prints the completions of a shell.
pub(super) fn completions(shell: &Shell, args: &CompletionsArgs) -> u8 {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "tamis", &mut text);
    shell.print(&String::from_utf8_lossy(&text))
}

/// Prints the first page, or writes all.
pub(super) fn man(shell: &Shell, args: &ManArgs) -> u8 {
    let mut command = Cli::command();
    command.build();
    let mut pages = Vec::new();
    if gather(&command, &mut pages).is_err() {
        return shell.complain(6, "the pages cannot be written");
    }
    let Some(folder) = &args.dir else {
        let first = pages.first().map(|(_, text)| text.as_str()).unwrap_or_default();
        return shell.print(first);
    };
    written(shell, folder, &pages)
}

fn written(shell: &Shell, folder: &Path, pages: &[(String, String)]) -> u8 {
    if let Err(error) = disk::ensure_folder(folder) {
        return shell.complain(6, &format!("{}: {}", folder.display(), french::of_kind(shell.lang, error.kind())));
    }
    for (name, _) in pages {
        if disk::exists(&folder.join(name)) {
            return shell.refuse_taken(&folder.join(name));
        }
    }
    for (name, text) in pages {
        let code = shell.write_new(&folder.join(name), text);
        if code != 0 {
            return code;
        }
    }
    shell.print(&format!("{}\n", folder.display()))
}

/// The pages of a command and all below it: `tamis.1`, `tamis-run.1`…
fn gather(command: &clap::Command, pages: &mut Vec<(String, String)>) -> std::io::Result<()> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut text)?;
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    pages.push((format!("{name}.1"), String::from_utf8_lossy(&text).into_owned()));
    command.get_subcommands().filter(|inner| inner.get_name() != "help").try_for_each(|inner| gather(inner, pages))
}
