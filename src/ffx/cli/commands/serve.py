"""``ffx serve``: take jobs of clients and encode them on this machine."""

from __future__ import annotations

import click

from ffx.cli.options import config_option, json_option, start


@click.command(short_help="Encode on this machine for clients.")
@click.option("--host", metavar="ADDRESS", help="Address to listen on; 0.0.0.0 for all.  [FFX_HOST; 127.0.0.1]")
@click.option("--port", metavar="PORT", help="0 picks one.  [FFX_PORT; 8765]")
@click.option("--max-jobs", metavar="N", help="Encodes at a time.  [FFX_MAX_JOBS; 2]")
@click.option("--max-waiting", metavar="N", help="Jobs taken ahead.  [FFX_MAX_WAITING; as many as --max-jobs]")
@click.option("--max-file-size", metavar="SIZE", help="Largest input, such as 10GB.  [FFX_MAX_FILE_SIZE; 10GB]")
@click.option("--name", metavar="NAME", help="How clients call this server.  [FFX_NAME; the host's name]")
@click.option("--temp-dir", metavar="DIR", help="Where files of jobs are kept.  [FFX_TEMP_DIR; the system's own]")
@click.option("--disk-reserve", metavar="SIZE", help="Left free there by jobs.  [FFX_DISK_RESERVE; 512MiB]")
@click.option("--keep-results", metavar="SECONDS", help="For clients that are away.  [FFX_KEEP_RESULTS; 86400]")
@click.option("--drain-limit", metavar="SECONDS", help="For encodes to end at a stop.  [FFX_DRAIN_LIMIT; 30]")
@click.option("--tls", metavar="MODE", help="auto: where others can connect; on; off.  [FFX_TLS; auto]")
@click.option("--certificate", metavar="FILE", help="Your own, instead of one made here.  [FFX_CERTIFICATE]")
@click.option("--key", metavar="FILE", help="The key of that certificate.  [FFX_KEY]")
@click.option("--insecure", is_flag=True, help="Let others connect though something does not protect it.")
@click.option("--sandbox", metavar="MODE", help="For FFmpeg: auto, require or off.  [FFX_SANDBOX; auto]")
@config_option
@click.option("--log-level", metavar="LEVEL", help="DEBUG, INFO, WARNING or ERROR.  [FFX_LOG_LEVEL; INFO]")
@click.option("--log-file", metavar="FILE", help="Log to a file too.  [FFX_LOG_FILE]")
@click.option("--test-capabilities", is_flag=True, help="Try every encoder, print the result and end.")
@click.option("--validate-config", is_flag=True, help="Check the configuration, print what is in force and end.")
@json_option
def serve(
    config: str | None,
    insecure: bool,
    test_capabilities: bool,
    validate_config: bool,
    as_json: bool,
    **options: str | None,
) -> int:
    """Encode on this machine for clients, until SIGINT or SIGTERM.

    The first line on stdout says where it listens, as soon as jobs can be taken:
    "ffx server NAME listens on ADDRESS". The log goes to stderr.

    Clients need a token. Those of the same user on this machine find the server by themselves. Where others can
    connect, the next line is what they add it with: a join string of address, fingerprint of the certificate, and, on
    a terminal, your own token. "ffx token create" makes tokens for others. FFX_TOKEN sets another one for yourself.

    What travels to other machines is encrypted, unless --tls off and --insecure say otherwise.

    FFmpeg gets what clients send, so it runs in a sandbox: with bubblewrap, where that works, no network, no file but
    the job's own. Else it is limited, and the log says why; --sandbox require does not start then.

    A stop signal lets running encodes end for --drain-limit seconds and hands the rest back to their clients; a second
    one does not wait. Results that were not fetched are offered again when it is started with the same name and port.
    """
    from ffx.cli import serving

    assembly = start(config, **options)
    if validate_config:
        return serving.validate(assembly, as_json=as_json)
    if test_capabilities:
        return serving.test_capabilities(assembly, as_json=as_json)
    if as_json:
        raise click.UsageError("--json goes with --test-capabilities or --validate-config")
    return serving.serve(assembly, insecure=insecure)
