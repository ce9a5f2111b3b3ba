//! Progress bars on standard error, only where it is a terminal.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};

use super::show::{Lang, stage_word};
use super::signals::Signals;
use crate::pipeline::{Stage, Watch};

/// One bar, renewed for every stage.
pub struct Bars {
    lang: Lang,
    bar: Mutex<Option<ProgressBar>>,
    records: AtomicU64,
    signals: Signals,
}

impl Bars {
    pub fn new(lang: Lang, signals: Signals) -> Self {
        Self { lang, bar: Mutex::new(None), records: AtomicU64::new(0), signals }
    }

    /// Takes the last bar off the terminal.
    pub fn clear(&self) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    // The templates are constants of this file; a wrong one would show the default bar.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─")
}

impl Watch for Bars {
    fn stage(&self, stage: Stage, total: Option<u64>) {
        self.clear();
        let bar = match total {
            // indicatif draws nothing where standard error is no terminal.
            Some(total) => ProgressBar::new(total).with_style(style(match stage {
                Stage::Sieve => {
                    "{prefix:<12} {bar:20} {percent:>3} %  {binary_bytes:>10}  {binary_bytes_per_sec:>12}  {msg}  {eta}"
                }
                _ => "{prefix:<12} {bar:30} {percent:>3} %  {eta}",
            })),
            None => ProgressBar::new_spinner().with_style(style("{prefix:<12} {spinner} {msg}")),
        };
        bar.set_prefix(stage_word(self.lang, stage));
        *self.bar.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar);
    }

    fn advance(&self, steps: u64, records: u64) {
        let seen = self.records.fetch_add(records, Ordering::Relaxed) + records;
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            if records > 0 {
                bar.set_message(super::show::records(self.lang, seen));
            }
            bar.inc(steps);
        }
    }

    fn stop(&self) -> Option<i32> {
        self.signals.received()
    }

    fn stop_flag(&self) -> Option<Arc<AtomicUsize>> {
        Some(self.signals.flag())
    }
}
