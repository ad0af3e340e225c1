# SPDX-License-Identifier: MIT

man_pages = \
	man/mio-probes.7 \
	man/mio.7 \
	man/mio_address_format.3 \
	man/mio_address_parse.3 \
	man/mio_channel_create.3 \
	man/mio_clock_now.3 \
	man/mio_fd_adopt.3 \
	man/mio_fd_close.3 \
	man/mio_fd_dup.3 \
	man/mio_fd_would_block.3 \
	man/mio_loop_after.3 \
	man/mio_loop_clear_timeout.3 \
	man/mio_loop_create.3 \
	man/mio_loop_destroy.3 \
	man/mio_loop_is_running.3 \
	man/mio_loop_poll.3 \
	man/mio_loop_post.3 \
	man/mio_loop_reset_timeout.3 \
	man/mio_loop_run.3 \
	man/mio_loop_run_once.3 \
	man/mio_loop_sender.3 \
	man/mio_loop_shutdown.3 \
	man/mio_loop_timeout.3 \
	man/mio_loop_watch.3 \
	man/mio_loop_watch_fd.3 \
	man/mio_pipe_create.3 \
	man/mio_pipe_read.3 \
	man/mio_pipe_readv.3 \
	man/mio_pipe_write.3 \
	man/mio_pipe_writev.3 \
	man/mio_poll.3 \
	man/mio_poll_arm.3 \
	man/mio_poll_backend.3 \
	man/mio_poll_create.3 \
	man/mio_poll_deregister.3 \
	man/mio_poll_deregister_fd.3 \
	man/mio_poll_destroy.3 \
	man/mio_poll_fd.3 \
	man/mio_poll_interruptible.3 \
	man/mio_poll_register.3 \
	man/mio_poll_register_fd.3 \
	man/mio_poll_reregister.3 \
	man/mio_poll_reregister_fd.3 \
	man/mio_porting.7 \
	man/mio_process.7 \
	man/mio_readiness_get.3 \
	man/mio_readiness_ref.3 \
	man/mio_readiness_set.3 \
	man/mio_readiness_unref.3 \
	man/mio_receiver_close.3 \
	man/mio_receiver_destroy.3 \
	man/mio_receiver_recv.3 \
	man/mio_receiver_recv_batch.3 \
	man/mio_receiver_recv_timeout.3 \
	man/mio_receiver_source.3 \
	man/mio_registration_create.3 \
	man/mio_registration_destroy.3 \
	man/mio_registration_source.3 \
	man/mio_sender_ref.3 \
	man/mio_sender_send.3 \
	man/mio_sender_try_send.3 \
	man/mio_sender_unref.3 \
	man/mio_socket_bind.3 \
	man/mio_socket_connect.3 \
	man/mio_socket_connect_finish.3 \
	man/mio_socket_create.3 \
	man/mio_socket_get_only_v6.3 \
	man/mio_socket_get_recv_buffer_size.3 \
	man/mio_socket_get_reuse_addr.3 \
	man/mio_socket_get_reuse_port.3 \
	man/mio_socket_get_send_buffer_size.3 \
	man/mio_socket_get_ttl.3 \
	man/mio_socket_listen.3 \
	man/mio_socket_local_addr.3 \
	man/mio_socket_peek.3 \
	man/mio_socket_peer_addr.3 \
	man/mio_socket_recv.3 \
	man/mio_socket_recvv.3 \
	man/mio_socket_send.3 \
	man/mio_socket_sendv.3 \
	man/mio_socket_set_only_v6.3 \
	man/mio_socket_set_recv_buffer_size.3 \
	man/mio_socket_set_reuse_addr.3 \
	man/mio_socket_set_reuse_port.3 \
	man/mio_socket_set_send_buffer_size.3 \
	man/mio_socket_set_ttl.3 \
	man/mio_socket_shutdown.3 \
	man/mio_socket_take_error.3 \
	man/mio_sync_channel_create.3 \
	man/mio_tcp_accept.3 \
	man/mio_tcp_connect.3 \
	man/mio_tcp_get_keepalive.3 \
	man/mio_tcp_get_linger.3 \
	man/mio_tcp_get_nodelay.3 \
	man/mio_tcp_listen.3 \
	man/mio_tcp_set_keepalive.3 \
	man/mio_tcp_set_linger.3 \
	man/mio_tcp_set_nodelay.3 \
	man/mio_timer_cancel.3 \
	man/mio_timer_create.3 \
	man/mio_timer_destroy.3 \
	man/mio_timer_expire.3 \
	man/mio_timer_next.3 \
	man/mio_timer_pending.3 \
	man/mio_timer_reset.3 \
	man/mio_timer_reset_at.3 \
	man/mio_timer_set.3 \
	man/mio_timer_set_at.3 \
	man/mio_timer_source.3 \
	man/mio_tutorial.7 \
	man/mio_udp_bind.3 \
	man/mio_udp_connect.3 \
	man/mio_udp_get_broadcast.3 \
	man/mio_udp_get_multicast_loop_v4.3 \
	man/mio_udp_get_multicast_loop_v6.3 \
	man/mio_udp_get_multicast_ttl_v4.3 \
	man/mio_udp_get_receive_offload.3 \
	man/mio_udp_get_segment_size.3 \
	man/mio_udp_join_multicast_v4.3 \
	man/mio_udp_join_multicast_v6.3 \
	man/mio_udp_leave_multicast_v4.3 \
	man/mio_udp_leave_multicast_v6.3 \
	man/mio_udp_peek_from.3 \
	man/mio_udp_recv_batch.3 \
	man/mio_udp_recv_from.3 \
	man/mio_udp_send_batch.3 \
	man/mio_udp_send_to.3 \
	man/mio_udp_set_broadcast.3 \
	man/mio_udp_set_multicast_loop_v4.3 \
	man/mio_udp_set_multicast_loop_v6.3 \
	man/mio_udp_set_multicast_ttl_v4.3 \
	man/mio_udp_set_receive_offload.3 \
	man/mio_udp_set_segment_size.3 \
	man/mio_unix_abstract_addr.3 \
	man/mio_unix_accept.3 \
	man/mio_unix_addr.3 \
	man/mio_unix_connect.3 \
	man/mio_unix_datagram.3 \
	man/mio_unix_datagram_bind.3 \
	man/mio_unix_datagram_connect.3 \
	man/mio_unix_datagram_pair.3 \
	man/mio_unix_listen.3 \
	man/mio_unix_pair.3 \
	man/mio_unix_peer_credentials.3 \
	man/mio_unix_recv_fds.3 \
	man/mio_unix_recv_from.3 \
	man/mio_unix_send_fds.3 \
	man/mio_unix_send_to.3 \
	man/mio_version_string.3 \
	man/mio_waker_create.3 \
	man/mio_waker_destroy.3 \
	man/mio_waker_wake.3 \
	man/mio_watch_end.3 \
	man/mio_watch_update.3 \
	$(end)

if ENABLE_MAN
dist_man_MANS = $(man_pages)
else
EXTRA_DIST += $(man_pages)
endif

# ---- the HTML manual

html_sources = \
	man/html/build \
	man/html/code.awk \
	man/html/document.awk \
	man/html/frame.awk \
	man/html/names.awk \
	man/html/names_index.awk \
	man/html/names_page.awk \
	man/html/page.awk \
	man/html/search.js \
	man/html/style.css \
	man/html/tasks \
	man/html/tasks.awk \
	man/html/welcome.html \
	$(end)
EXTRA_DIST += $(html_sources)

# It takes a second, so it is always made anew.
html-local:
	$(AM_V_GEN)$(srcdir)/man/html/build '$(srcdir)' html '$(PACKAGE_VERSION)'

install-html-local: html-local
	$(MKDIR_P) '$(DESTDIR)$(htmldir)'
	$(INSTALL_DATA) html/* '$(DESTDIR)$(htmldir)'

# Removes what was built last; without that, nothing was installed.
uninstall-local:
	@for file in html/*; do \
		rm -f "$(DESTDIR)$(htmldir)/$${file##*/}"; \
	done

mostlyclean-local:
	-rm -rf html
