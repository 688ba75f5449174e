//! The C symbols that PostgreSQL looks up for our trigger functions and procedures, and the outermost frames behind them.

use super::error::{owed, rethrow};
use super::event::CommandCall;
use super::procedure::ProcedureCall;
use super::trigger::{Kept, TriggerCall};
use crate::errors::call::CallError;
use crate::errors::trigger::TriggerError;
use crate::errors::{Error, PgError, Result, Source};
use pgrx::pg_sys::{self, Datum};
use std::sync::OnceLock;

/// What the symbols lead to.
pub struct Entries {
    pub capture_clip: fn(&TriggerCall) -> Result<()>,
    pub capture_submission: fn(&TriggerCall) -> Result<()>,
    pub capture_campaign: fn(&TriggerCall) -> Result<()>,
    pub keep_total: fn(&TriggerCall) -> Result<Kept>,
    pub begin: fn(&TriggerCall) -> Result<()>,
    pub flush: fn(&TriggerCall) -> Result<()>,
    pub flush_at_commit: fn(&TriggerCall) -> Result<()>,
    pub wakes: fn() -> Result<bool>,
    pub follow: fn(&CommandCall) -> Result<()>,
    pub repair: fn(&ProcedureCall) -> Result<()>,
}

static ENTRIES: OnceLock<Entries> = OnceLock::new();

/// Says what the symbols lead to. Once per backend, when the library is loaded.
pub fn register_entries(entries: Entries) {
    let _ = ENTRIES.set(entries);
}

fn entries() -> Result<&'static Entries> {
    ENTRIES
        .get()
        .ok_or_else(|| Error::internal("the library was not initialized"))
}

/// The outermost frame of a trigger function: it owns nothing when an error leaves it.
///
/// # Safety
/// To be called by PostgreSQL only, with a valid `fcinfo`.
unsafe fn trigger_entry(
    fcinfo: pg_sys::FunctionCallInfo,
    name: &'static str,
    body: fn(&TriggerCall) -> Result<()>,
) -> Datum {
    // SAFETY: as promised by the caller.
    entered(|| unsafe { trigger_call(fcinfo, name) }.and_then(|call| body(&call)));
    Datum::from(0)
}

/// The outermost frame of a BEFORE row trigger, which gives the row to write.
///
/// # Safety
/// As for [`trigger_entry`].
unsafe fn before_entry(
    fcinfo: pg_sys::FunctionCallInfo,
    name: &'static str,
    body: fn(&TriggerCall) -> Result<Kept>,
) -> Datum {
    let mut row = Datum::from(0);
    entered(|| {
        // SAFETY: as promised by the caller.
        let call = unsafe { trigger_call(fcinfo, name) }?;
        row = call.row(body(&call)?)?;
        Ok(())
    });
    row
}

/// # Safety
/// As for [`trigger_entry`].
unsafe fn trigger_call<'a>(fcinfo: pg_sys::FunctionCallInfo, name: &'static str) -> Result<TriggerCall<'a>> {
    // SAFETY: fcinfo is valid; its context, if any, is a node.
    let data = unsafe { ((*fcinfo).context as *const pg_sys::TriggerData).as_ref() };
    match data.filter(|data| data.type_ == pg_sys::NodeTag::T_TriggerData) {
        Some(data) => Ok(TriggerCall(data)),
        None => Err(TriggerError::NotATrigger { function: name }.into()),
    }
}

/// The common end of all functions that PostgreSQL calls by our symbols: rethrows what `body` ends with, whole, from a frame
/// that owns nothing.
fn entered(body: impl FnOnce() -> Result<()>) {
    // SAFETY: pgrx turns a panic of ours into an ERROR here, once the frames above have been dropped.
    let error = unsafe { pg_sys::panic::pgrx_extern_c_guard(|| owed(body())) };
    if !error.is_null() {
        rethrow(PgError(error, Source::Other));
    }
}

/// The outermost frame of a procedure: it owns nothing when an error leaves it.
///
/// # Safety
/// To be called by PostgreSQL only, with a valid `fcinfo`.
unsafe fn procedure_entry(
    fcinfo: pg_sys::FunctionCallInfo,
    name: &'static str,
    body: fn(&ProcedureCall) -> Result<()>,
) -> Datum {
    let call = || {
        let call = ProcedureCall(fcinfo);
        if !call.may_commit() {
            return Err(CallError::InTransactionBlock { procedure: name }.into());
        }
        // SAFETY: paired with SPI_finish; after an error, PostgreSQL's abort closes the connection.
        unsafe { pg_sys::SPI_connect_ext(pg_sys::SPI_OPT_NONATOMIC.cast_signed()) };
        body(&call)?;
        // SAFETY: as above.
        unsafe { pg_sys::SPI_finish() };
        Ok(())
    };
    entered(call);
    Datum::from(0)
}

/// The outermost frame of an event trigger function: it owns nothing when an error leaves it.
///
/// # Safety
/// To be called by PostgreSQL only, with a valid `fcinfo`.
unsafe fn command_entry(
    fcinfo: pg_sys::FunctionCallInfo,
    name: &'static str,
    body: fn(&CommandCall) -> Result<()>,
) -> Datum {
    let call = || {
        // SAFETY: fcinfo is valid; its context, if any, is a node.
        let data = unsafe { ((*fcinfo).context as *const pg_sys::EventTriggerData).as_ref() };
        match data.filter(|data| data.type_ == pg_sys::NodeTag::T_EventTriggerData) {
            Some(data) => body(&CommandCall(data)),
            None => Err(TriggerError::NotATrigger { function: name }.into()),
        }
    };
    entered(call);
    Datum::from(0)
}

/// What PostgreSQL keeps for a function that follows the version-1 calling convention.
static V1: pg_sys::Pg_finfo_record = pg_sys::Pg_finfo_record { api_version: 1 };

/// Declares C symbols: each a function with its version-1 record, that calls the field of [`Entries`] named.
macro_rules! symbols {
    ($($symbol:ident, $info:ident: $frame:ident, $entry:ident, $name:literal;)*) => {$(
        /// # Safety
        /// Called by PostgreSQL.
        #[unsafe(no_mangle)]
        pub unsafe extern "C-unwind" fn $symbol(fcinfo: pg_sys::FunctionCallInfo) -> Datum {
            // SAFETY: PostgreSQL's own call.
            unsafe { $frame(fcinfo, $name, |call| (entries()?.$entry)(call)) }
        }

        #[unsafe(no_mangle)]
        pub extern "C-unwind" fn $info() -> *const pg_sys::Pg_finfo_record {
            &raw const V1
        }
    )*};
}

symbols! {
    spend_sync_capture_clip, pg_finfo_spend_sync_capture_clip: trigger_entry, capture_clip, "capture_clip";
    spend_sync_capture_submission, pg_finfo_spend_sync_capture_submission: trigger_entry, capture_submission, "capture_submission";
    spend_sync_capture_campaign, pg_finfo_spend_sync_capture_campaign: trigger_entry, capture_campaign, "capture_campaign";
    spend_sync_keep_total, pg_finfo_spend_sync_keep_total: before_entry, keep_total, "keep_total";
    spend_sync_flush_at_commit, pg_finfo_spend_sync_flush_at_commit: trigger_entry, flush_at_commit, "flush_at_commit";
    spend_sync_begin, pg_finfo_spend_sync_begin: trigger_entry, begin, "begin";
    spend_sync_flush, pg_finfo_spend_sync_flush: trigger_entry, flush, "flush";
    spend_sync_follow, pg_finfo_spend_sync_follow: command_entry, follow, "follow";
    spend_sync_repair, pg_finfo_spend_sync_repair: procedure_entry, repair, "spend_sync_repair";
}

/// The WHEN of the deferred trigger.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn spend_sync_wakes(_: pg_sys::FunctionCallInfo) -> Datum {
    let mut wakes = false;
    entered(|| {
        wakes = (entries()?.wakes)()?;
        Ok(())
    });
    Datum::from(wakes)
}

#[unsafe(no_mangle)]
pub extern "C-unwind" fn pg_finfo_spend_sync_wakes() -> *const pg_sys::Pg_finfo_record {
    &raw const V1
}
