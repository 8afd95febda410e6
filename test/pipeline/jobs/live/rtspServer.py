"""A camera that speaks RTSP, for the tests: python3 rtspServer.py PORT WIDTHxHEIGHT RATE [USER PASSWORD]
Or a server that takes what is pushed to it, and writes it into a file: python3 rtspServer.py PORT FILE basic|digest USER PASSWORD

Needs Debian's gir1.2-gst-rtsp-server-1.0. Prints "ready" when it listens."""
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

port, size, rate = sys.argv[1:4]
takes = rate in ("basic", "digest")
Gst.init(None)
server = GstRtspServer.RTSPServer.new()
server.set_address("127.0.0.1")
server.set_service(port)
factory = GstRtspServer.RTSPMediaFactory.new()
factory.set_shared(True)
if takes:
    factory.set_transport_mode(GstRtspServer.RTSPTransportMode.RECORD)
    factory.set_launch(f"( rtph264depay name=depay0 ! h264parse ! mpegtsmux ! filesink buffer-mode=2 location=\"{size}\" )")
else:
    width, height = size.split("x")
    factory.set_launch(
        f"( videotestsrc is-live=true pattern=ball ! video/x-raw,width={width},height={height},framerate={rate}/1 "
        f"! x264enc tune=zerolatency speed-preset=ultrafast key-int-max={rate} ! rtph264pay name=pay0 pt=96 config-interval=1 )"
    )
if len(sys.argv) > 4:
    user, password = sys.argv[-2:]
    auth = GstRtspServer.RTSPAuth.new()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "user")
    if rate == "digest":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(user, password, token)
    else:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    role = GstRtspServer.RTSPPermissions()
    role.add_permission_for_role("user", "media.factory.access", True)
    role.add_permission_for_role("user", "media.factory.construct", True)
    factory.set_permissions(role)
    server.set_auth(auth)
server.get_mount_points().add_factory("/cam", factory)
server.attach(None)
print("ready", flush=True)
GLib.MainLoop().run()
