// Made by Tests/tools/protobuf-fields/generate.py from messages.txt there; change that file.
extension ProtobufSchema {
    /// `=message`, then a line for each field: `name number type [message] [@oneof]`.
    static let fields = """
        =envoy.config.accesslog.v3.AccessLog
        name 1 s
        filter 2 m ?
        typed_config 4 m google.protobuf.Any
        =envoy.config.cluster.v3.CircuitBreakers
        thresholds 1 m* envoy.config.cluster.v3.CircuitBreakers.Thresholds
        per_host_thresholds 2 m* envoy.config.cluster.v3.CircuitBreakers.Thresholds
        =envoy.config.cluster.v3.CircuitBreakers.Thresholds
        priority 1 e
        max_connections 2 m google.protobuf.UInt32Value
        max_pending_requests 3 m google.protobuf.UInt32Value
        max_requests 4 m google.protobuf.UInt32Value
        max_retries 5 m google.protobuf.UInt32Value
        track_remaining 6 b
        max_connection_pools 7 m google.protobuf.UInt32Value
        retry_budget 8 m envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget
        =envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget
        budget_percent 1 m envoy.type.v3.Percent
        min_retry_concurrency 2 m google.protobuf.UInt32Value
        =envoy.config.cluster.v3.Cluster
        name 1 s
        type 2 e @cluster_discovery_type
        eds_cluster_config 3 m envoy.config.cluster.v3.Cluster.EdsClusterConfig
        connect_timeout 4 m google.protobuf.Duration
        per_connection_buffer_limit_bytes 5 m google.protobuf.UInt32Value
        lb_policy 6 e
        health_checks 8 m* envoy.config.core.v3.HealthCheck
        max_requests_per_connection 9 m google.protobuf.UInt32Value
        circuit_breakers 10 m envoy.config.cluster.v3.CircuitBreakers
        http_protocol_options 13 m envoy.config.core.v3.Http1ProtocolOptions
        http2_protocol_options 14 m envoy.config.core.v3.Http2ProtocolOptions
        dns_refresh_rate 16 m google.protobuf.Duration
        dns_lookup_family 17 e
        dns_resolvers 18 m* envoy.config.core.v3.Address
        outlier_detection 19 m envoy.config.cluster.v3.OutlierDetection
        cleanup_interval 20 m google.protobuf.Duration
        upstream_bind_config 21 m ?
        lb_subset_config 22 m ?
        ring_hash_lb_config 23 m envoy.config.cluster.v3.Cluster.RingHashLbConfig @lb_config
        transport_socket 24 m envoy.config.core.v3.TransportSocket
        metadata 25 m ?
        protocol_selection 26 e
        common_lb_config 27 m envoy.config.cluster.v3.Cluster.CommonLbConfig
        alt_stat_name 28 s
        common_http_protocol_options 29 m envoy.config.core.v3.HttpProtocolOptions
        upstream_connection_options 30 m envoy.config.cluster.v3.UpstreamConnectionOptions
        close_connections_on_host_health_failure 31 b
        ignore_health_on_host_removal 32 b
        load_assignment 33 m envoy.config.endpoint.v3.ClusterLoadAssignment
        original_dst_lb_config 34 m ? @lb_config
        typed_extension_protocol_options 36 m% google.protobuf.Any
        least_request_lb_config 37 m ? @lb_config
        cluster_type 38 m envoy.config.cluster.v3.Cluster.CustomClusterType @cluster_discovery_type
        respect_dns_ttl 39 b
        filters 40 m* ?
        load_balancing_policy 41 m ?
        lrs_server 42 m envoy.config.core.v3.ConfigSource
        transport_socket_matches 43 m* ?
        dns_failure_refresh_rate 44 m envoy.config.cluster.v3.Cluster.RefreshRate
        use_tcp_for_dns_lookups 45 b
        upstream_http_protocol_options 46 m ?
        track_timeout_budgets 47 b
        upstream_config 48 m envoy.config.core.v3.TypedExtensionConfig
        track_cluster_stats 49 m ?
        preconnect_policy 50 m ?
        connection_pool_per_downstream_connection 51 b
        maglev_lb_config 52 m ? @lb_config
        dns_resolution_config 53 m ?
        wait_for_warm_on_init 54 m google.protobuf.BoolValue
        typed_dns_resolver_config 55 m envoy.config.core.v3.TypedExtensionConfig
        round_robin_lb_config 56 m ? @lb_config
        lrs_report_endpoint_metrics 57 s*
        dns_jitter 58 m google.protobuf.Duration
        transport_socket_matcher 59 m ?
        =envoy.config.cluster.v3.Cluster.CommonLbConfig
        healthy_panic_threshold 1 m envoy.type.v3.Percent
        zone_aware_lb_config 2 m ? @locality_config_specifier
        locality_weighted_lb_config 3 m envoy.config.cluster.v3.Cluster.CommonLbConfig.LocalityWeightedLbConfig @locality_config_specifier
        update_merge_window 4 m google.protobuf.Duration
        ignore_new_hosts_until_first_hc 5 b
        close_connections_on_host_set_change 6 b
        consistent_hashing_lb_config 7 m ?
        override_host_status 8 m ?
        =envoy.config.cluster.v3.Cluster.CommonLbConfig.LocalityWeightedLbConfig
        =envoy.config.cluster.v3.Cluster.CustomClusterType
        name 1 s
        typed_config 2 m google.protobuf.Any
        =envoy.config.cluster.v3.Cluster.EdsClusterConfig
        eds_config 1 m envoy.config.core.v3.ConfigSource
        service_name 2 s
        =envoy.config.cluster.v3.Cluster.RefreshRate
        base_interval 1 m google.protobuf.Duration
        max_interval 2 m google.protobuf.Duration
        =envoy.config.cluster.v3.Cluster.RingHashLbConfig
        minimum_ring_size 1 m google.protobuf.UInt64Value
        hash_function 3 e
        maximum_ring_size 4 m google.protobuf.UInt64Value
        =envoy.config.cluster.v3.OutlierDetection
        consecutive_5xx 1 m google.protobuf.UInt32Value
        interval 2 m google.protobuf.Duration
        base_ejection_time 3 m google.protobuf.Duration
        max_ejection_percent 4 m google.protobuf.UInt32Value
        enforcing_consecutive_5xx 5 m google.protobuf.UInt32Value
        enforcing_success_rate 6 m google.protobuf.UInt32Value
        success_rate_minimum_hosts 7 m google.protobuf.UInt32Value
        success_rate_request_volume 8 m google.protobuf.UInt32Value
        success_rate_stdev_factor 9 m google.protobuf.UInt32Value
        consecutive_gateway_failure 10 m google.protobuf.UInt32Value
        enforcing_consecutive_gateway_failure 11 m google.protobuf.UInt32Value
        split_external_local_origin_errors 12 b
        consecutive_local_origin_failure 13 m google.protobuf.UInt32Value
        enforcing_consecutive_local_origin_failure 14 m google.protobuf.UInt32Value
        enforcing_local_origin_success_rate 15 m google.protobuf.UInt32Value
        failure_percentage_threshold 16 m google.protobuf.UInt32Value
        enforcing_failure_percentage 17 m google.protobuf.UInt32Value
        enforcing_failure_percentage_local_origin 18 m google.protobuf.UInt32Value
        failure_percentage_minimum_hosts 19 m google.protobuf.UInt32Value
        failure_percentage_request_volume 20 m google.protobuf.UInt32Value
        max_ejection_time 21 m google.protobuf.Duration
        max_ejection_time_jitter 22 m google.protobuf.Duration
        successful_active_health_check_uneject_host 23 m google.protobuf.BoolValue
        monitors 24 m* envoy.config.core.v3.TypedExtensionConfig
        always_eject_one_host 25 m google.protobuf.BoolValue
        =envoy.config.cluster.v3.UpstreamConnectionOptions
        tcp_keepalive 1 m envoy.config.core.v3.TcpKeepalive
        set_local_interface_name_on_upstream_connections 2 b
        happy_eyeballs_config 3 m ?
        =envoy.config.core.v3.Address
        socket_address 1 m envoy.config.core.v3.SocketAddress @address
        pipe 2 m ? @address
        envoy_internal_address 3 m ? @address
        =envoy.config.core.v3.AggregatedConfigSource
        =envoy.config.core.v3.ApiConfigSource
        api_type 1 e
        cluster_names 2 s*
        refresh_delay 3 m google.protobuf.Duration
        grpc_services 4 m* envoy.config.core.v3.GrpcService
        request_timeout 5 m google.protobuf.Duration
        rate_limit_settings 6 m ?
        set_node_on_first_message_only 7 b
        transport_api_version 8 e
        config_validators 9 m* envoy.config.core.v3.TypedExtensionConfig
        =envoy.config.core.v3.BuildVersion
        version 1 m envoy.type.v3.SemanticVersion
        metadata 2 m google.protobuf.Struct
        =envoy.config.core.v3.CidrRange
        address_prefix 1 s
        prefix_len 2 m google.protobuf.UInt32Value
        =envoy.config.core.v3.ConfigSource
        path 1 s @config_source_specifier
        api_config_source 2 m envoy.config.core.v3.ApiConfigSource @config_source_specifier
        ads 3 m envoy.config.core.v3.AggregatedConfigSource @config_source_specifier
        initial_fetch_timeout 4 m google.protobuf.Duration
        self 5 m ? @config_source_specifier
        resource_api_version 6 e
        authorities 7 m* ?
        path_config_source 8 m envoy.config.core.v3.PathConfigSource @config_source_specifier
        =envoy.config.core.v3.ControlPlane
        identifier 1 s
        =envoy.config.core.v3.DataSource
        filename 1 s @specifier
        inline_bytes 2 y @specifier
        inline_string 3 s @specifier
        environment_variable 4 s @specifier
        watched_directory 5 m envoy.config.core.v3.WatchedDirectory
        =envoy.config.core.v3.DnsResolverOptions
        use_tcp_for_dns_lookups 1 b
        no_default_search_domain 2 b
        =envoy.config.core.v3.Extension
        name 1 s
        category 2 s
        type_descriptor 3 s
        version 4 m envoy.config.core.v3.BuildVersion
        disabled 5 b
        type_urls 6 s*
        =envoy.config.core.v3.GrpcService
        envoy_grpc 1 m envoy.config.core.v3.GrpcService.EnvoyGrpc @target_specifier
        google_grpc 2 m ? @target_specifier
        timeout 3 m google.protobuf.Duration
        initial_metadata 5 m* envoy.config.core.v3.HeaderValue
        retry_policy 6 m ?
        =envoy.config.core.v3.GrpcService.EnvoyGrpc
        cluster_name 1 s
        authority 2 s
        retry_policy 3 m ?
        max_receive_message_length 4 m google.protobuf.UInt32Value
        skip_envoy_headers 5 b
        =envoy.config.core.v3.HeaderValue
        key 1 s
        value 2 s
        raw_value 3 y
        =envoy.config.core.v3.HeaderValueOption
        header 1 m envoy.config.core.v3.HeaderValue
        append 2 m google.protobuf.BoolValue
        append_action 3 e
        keep_empty_value 4 b
        =envoy.config.core.v3.HealthCheck
        timeout 1 m google.protobuf.Duration
        interval 2 m google.protobuf.Duration
        interval_jitter 3 m google.protobuf.Duration
        unhealthy_threshold 4 m google.protobuf.UInt32Value
        healthy_threshold 5 m google.protobuf.UInt32Value
        alt_port 6 m google.protobuf.UInt32Value
        reuse_connection 7 m google.protobuf.BoolValue
        http_health_check 8 m envoy.config.core.v3.HealthCheck.HttpHealthCheck @health_checker
        tcp_health_check 9 m envoy.config.core.v3.HealthCheck.TcpHealthCheck @health_checker
        grpc_health_check 11 m envoy.config.core.v3.HealthCheck.GrpcHealthCheck @health_checker
        no_traffic_interval 12 m google.protobuf.Duration
        custom_health_check 13 m ? @health_checker
        unhealthy_interval 14 m google.protobuf.Duration
        unhealthy_edge_interval 15 m google.protobuf.Duration
        healthy_edge_interval 16 m google.protobuf.Duration
        event_log_path 17 s
        interval_jitter_percent 18 u
        always_log_health_check_failures 19 b
        initial_jitter 20 m google.protobuf.Duration
        tls_options 21 m ?
        event_service 22 m ?
        transport_socket_match_criteria 23 m google.protobuf.Struct
        no_traffic_healthy_interval 24 m google.protobuf.Duration
        event_logger 25 m* envoy.config.core.v3.TypedExtensionConfig
        always_log_health_check_success 26 b
        =envoy.config.core.v3.HealthCheck.GrpcHealthCheck
        service_name 1 s
        authority 2 s
        initial_metadata 3 m* envoy.config.core.v3.HeaderValueOption
        =envoy.config.core.v3.HealthCheck.HttpHealthCheck
        host 1 s
        path 2 s
        send 3 m ?
        receive 4 m* ?
        request_headers_to_add 6 m* envoy.config.core.v3.HeaderValueOption
        request_headers_to_remove 8 s*
        expected_statuses 9 m* envoy.type.v3.Int64Range
        codec_client_type 10 e
        service_name_matcher 11 m envoy.type.matcher.v3.StringMatcher
        retriable_statuses 12 m* envoy.type.v3.Int64Range
        method 13 e
        response_buffer_size 14 m google.protobuf.UInt64Value
        =envoy.config.core.v3.HealthCheck.TcpHealthCheck
        send 1 m ?
        receive 2 m* ?
        proxy_protocol_config 3 m ?
        =envoy.config.core.v3.Http1ProtocolOptions
        allow_absolute_url 1 m google.protobuf.BoolValue
        accept_http_10 2 b
        default_host_for_http_10 3 s
        header_key_format 4 m ?
        enable_trailers 5 b
        allow_chunked_length 6 b
        override_stream_error_on_invalid_http_message 7 m google.protobuf.BoolValue
        send_fully_qualified_url 8 b
        use_balsa_parser 9 m google.protobuf.BoolValue
        allow_custom_methods 10 b
        ignore_http_11_upgrade 11 m* envoy.type.matcher.v3.StringMatcher
        =envoy.config.core.v3.Http2ProtocolOptions
        hpack_table_size 1 m google.protobuf.UInt32Value
        max_concurrent_streams 2 m google.protobuf.UInt32Value
        initial_stream_window_size 3 m google.protobuf.UInt32Value
        initial_connection_window_size 4 m google.protobuf.UInt32Value
        allow_connect 5 b
        allow_metadata 6 b
        max_outbound_frames 7 m google.protobuf.UInt32Value
        max_outbound_control_frames 8 m google.protobuf.UInt32Value
        max_consecutive_inbound_frames_with_empty_payload 9 m google.protobuf.UInt32Value
        max_inbound_priority_frames_per_stream 10 m google.protobuf.UInt32Value
        max_inbound_window_update_frames_per_data_frame_sent 11 m google.protobuf.UInt32Value
        stream_error_on_invalid_http_messaging 12 b
        custom_settings_parameters 13 m* ?
        override_stream_error_on_invalid_http_message 14 m google.protobuf.BoolValue
        connection_keepalive 15 m envoy.config.core.v3.KeepaliveSettings
        use_oghttp2_codec 16 m google.protobuf.BoolValue
        max_metadata_size 17 m google.protobuf.UInt64Value
        =envoy.config.core.v3.HttpProtocolOptions
        idle_timeout 1 m google.protobuf.Duration
        max_headers_count 2 m google.protobuf.UInt32Value
        max_connection_duration 3 m google.protobuf.Duration
        max_stream_duration 4 m google.protobuf.Duration
        headers_with_underscores_action 5 e
        max_requests_per_connection 6 m google.protobuf.UInt32Value
        max_response_headers_kb 7 m google.protobuf.UInt32Value
        =envoy.config.core.v3.HttpService
        http_uri 1 m envoy.config.core.v3.HttpUri
        request_headers_to_add 2 m* envoy.config.core.v3.HeaderValueOption
        =envoy.config.core.v3.HttpUri
        uri 1 s
        cluster 2 s
        timeout 3 m google.protobuf.Duration
        =envoy.config.core.v3.KeepaliveSettings
        interval 1 m google.protobuf.Duration
        timeout 2 m google.protobuf.Duration
        interval_jitter 3 m envoy.type.v3.Percent
        connection_idle_interval 4 m google.protobuf.Duration
        =envoy.config.core.v3.Locality
        region 1 s
        zone 2 s
        sub_zone 3 s
        =envoy.config.core.v3.Node
        id 1 s
        cluster 2 s
        metadata 3 m google.protobuf.Struct
        locality 4 m envoy.config.core.v3.Locality
        user_agent_name 6 s
        user_agent_version 7 s @user_agent_version_type
        user_agent_build_version 8 m envoy.config.core.v3.BuildVersion @user_agent_version_type
        extensions 9 m* envoy.config.core.v3.Extension
        client_features 10 s*
        listening_addresses 11 m* envoy.config.core.v3.Address
        dynamic_parameters 12 m% ?
        =envoy.config.core.v3.PathConfigSource
        path 1 s
        watched_directory 2 m envoy.config.core.v3.WatchedDirectory
        =envoy.config.core.v3.RuntimeFeatureFlag
        default_value 1 m google.protobuf.BoolValue
        runtime_key 2 s
        =envoy.config.core.v3.RuntimeFractionalPercent
        default_value 1 m envoy.type.v3.FractionalPercent
        runtime_key 2 s
        =envoy.config.core.v3.RuntimeUInt32
        default_value 2 u
        runtime_key 3 s
        =envoy.config.core.v3.SocketAddress
        protocol 1 e
        address 2 s
        port_value 3 u @port_specifier
        named_port 4 s @port_specifier
        resolver_name 5 s
        ipv4_compat 6 b
        network_namespace_filepath 7 s
        =envoy.config.core.v3.SubstitutionFormatString
        text_format 1 s @format
        json_format 2 m google.protobuf.Struct @format
        omit_empty_values 3 b
        content_type 4 s
        text_format_source 5 m envoy.config.core.v3.DataSource @format
        formatters 6 m* envoy.config.core.v3.TypedExtensionConfig
        json_format_options 7 m ?
        =envoy.config.core.v3.TcpKeepalive
        keepalive_probes 1 m google.protobuf.UInt32Value
        keepalive_time 2 m google.protobuf.UInt32Value
        keepalive_interval 3 m google.protobuf.UInt32Value
        =envoy.config.core.v3.TransportSocket
        name 1 s
        typed_config 3 m google.protobuf.Any
        =envoy.config.core.v3.TypedExtensionConfig
        name 1 s
        typed_config 2 m google.protobuf.Any
        =envoy.config.core.v3.WatchedDirectory
        path 1 s
        =envoy.config.endpoint.v3.ClusterLoadAssignment
        cluster_name 1 s
        endpoints 2 m* envoy.config.endpoint.v3.LocalityLbEndpoints
        policy 4 m ?
        named_endpoints 5 m% envoy.config.endpoint.v3.Endpoint
        =envoy.config.endpoint.v3.Endpoint
        address 1 m envoy.config.core.v3.Address
        health_check_config 2 m ?
        hostname 3 s
        additional_addresses 4 m* ?
        =envoy.config.endpoint.v3.LbEndpoint
        endpoint 1 m envoy.config.endpoint.v3.Endpoint @host_identifier
        health_status 2 e
        metadata 3 m ?
        load_balancing_weight 4 m google.protobuf.UInt32Value
        endpoint_name 5 s @host_identifier
        =envoy.config.endpoint.v3.LocalityLbEndpoints
        locality 1 m envoy.config.core.v3.Locality
        lb_endpoints 2 m* envoy.config.endpoint.v3.LbEndpoint
        load_balancing_weight 3 m google.protobuf.UInt32Value
        priority 5 u
        proximity 6 m google.protobuf.UInt32Value
        load_balancer_endpoints 7 m ? @lb_config
        leds_cluster_locality_config 8 m ? @lb_config
        metadata 9 m ?
        =envoy.config.listener.v3.Filter
        name 1 s
        typed_config 4 m google.protobuf.Any @config_type
        config_discovery 5 m ? @config_type
        =envoy.config.listener.v3.FilterChain
        filter_chain_match 1 m envoy.config.listener.v3.FilterChainMatch
        filters 3 m* envoy.config.listener.v3.Filter
        use_proxy_proto 4 m google.protobuf.BoolValue
        metadata 5 m ?
        transport_socket 6 m envoy.config.core.v3.TransportSocket
        name 7 s
        transport_socket_connect_timeout 9 m google.protobuf.Duration
        =envoy.config.listener.v3.FilterChainMatch
        prefix_ranges 3 m* envoy.config.core.v3.CidrRange
        address_suffix 4 s
        suffix_len 5 m google.protobuf.UInt32Value
        source_prefix_ranges 6 m* envoy.config.core.v3.CidrRange
        source_ports 7 u*
        destination_port 8 m google.protobuf.UInt32Value
        transport_protocol 9 s
        application_protocols 10 s*
        server_names 11 s*
        source_type 12 e
        direct_source_prefix_ranges 13 m* envoy.config.core.v3.CidrRange
        =envoy.config.listener.v3.Listener
        name 1 s
        address 2 m envoy.config.core.v3.Address
        filter_chains 3 m* envoy.config.listener.v3.FilterChain
        use_original_dst 4 m google.protobuf.BoolValue
        per_connection_buffer_limit_bytes 5 m google.protobuf.UInt32Value
        metadata 6 m ?
        deprecated_v1 7 m ?
        drain_type 8 e
        listener_filters 9 m* envoy.config.listener.v3.ListenerFilter
        transparent 10 m google.protobuf.BoolValue
        freebind 11 m google.protobuf.BoolValue
        tcp_fast_open_queue_length 12 m google.protobuf.UInt32Value
        socket_options 13 m* ?
        listener_filters_timeout 15 m google.protobuf.Duration
        traffic_direction 16 e
        continue_on_listener_filters_timeout 17 b
        udp_listener_config 18 m ?
        api_listener 19 m ?
        connection_balance_config 20 m ?
        reuse_port 21 b
        access_log 22 m* envoy.config.accesslog.v3.AccessLog
        tcp_backlog_size 24 m google.protobuf.UInt32Value
        default_filter_chain 25 m envoy.config.listener.v3.FilterChain
        bind_to_port 26 m google.protobuf.BoolValue
        internal_listener 27 m ?
        stat_prefix 28 s
        enable_reuse_port 29 m google.protobuf.BoolValue
        enable_mptcp 30 b
        ignore_global_conn_limit 31 b
        filter_chain_matcher 32 m ?
        additional_addresses 33 m* ?
        max_connections_to_accept_per_socket_event 34 m google.protobuf.UInt32Value
        bypass_overload_manager 35 b
        fcds_config 36 m ?
        =envoy.config.listener.v3.ListenerFilter
        name 1 s
        typed_config 3 m google.protobuf.Any @config_type
        filter_disabled 4 m ?
        config_discovery 5 m ? @config_type
        =envoy.config.overload.v3.OverloadManager
        refresh_interval 1 m google.protobuf.Duration
        resource_monitors 2 m* envoy.config.overload.v3.ResourceMonitor
        actions 3 m* ?
        buffer_factory_config 4 m ?
        loadshed_points 5 m* ?
        =envoy.config.overload.v3.ResourceMonitor
        name 1 s
        typed_config 3 m google.protobuf.Any
        =envoy.config.rbac.v3.Permission
        and_rules 1 m envoy.config.rbac.v3.Permission.Set @rule
        or_rules 2 m envoy.config.rbac.v3.Permission.Set @rule
        any 3 b @rule
        header 4 m envoy.config.route.v3.HeaderMatcher @rule
        destination_ip 5 m envoy.config.core.v3.CidrRange @rule
        destination_port 6 u @rule
        metadata 7 m ? @rule
        not_rule 8 m envoy.config.rbac.v3.Permission @rule
        requested_server_name 9 m envoy.type.matcher.v3.StringMatcher @rule
        url_path 10 m envoy.type.matcher.v3.PathMatcher @rule
        destination_port_range 11 m ? @rule
        matcher 12 m envoy.config.core.v3.TypedExtensionConfig @rule
        uri_template 13 m envoy.config.core.v3.TypedExtensionConfig @rule
        sourced_metadata 14 m ? @rule
        =envoy.config.rbac.v3.Permission.Set
        rules 1 m* envoy.config.rbac.v3.Permission
        =envoy.config.rbac.v3.Policy
        permissions 1 m* envoy.config.rbac.v3.Permission
        principals 2 m* envoy.config.rbac.v3.Principal
        condition 3 m ?
        checked_condition 4 m ?
        cel_config 5 m ?
        =envoy.config.rbac.v3.Principal
        and_ids 1 m envoy.config.rbac.v3.Principal.Set @identifier
        or_ids 2 m envoy.config.rbac.v3.Principal.Set @identifier
        any 3 b @identifier
        authenticated 4 m envoy.config.rbac.v3.Principal.Authenticated @identifier
        source_ip 5 m envoy.config.core.v3.CidrRange @identifier
        header 6 m envoy.config.route.v3.HeaderMatcher @identifier
        metadata 7 m ? @identifier
        not_id 8 m envoy.config.rbac.v3.Principal @identifier
        url_path 9 m envoy.type.matcher.v3.PathMatcher @identifier
        direct_remote_ip 10 m envoy.config.core.v3.CidrRange @identifier
        remote_ip 11 m envoy.config.core.v3.CidrRange @identifier
        filter_state 12 m ? @identifier
        sourced_metadata 13 m ? @identifier
        custom 14 m envoy.config.core.v3.TypedExtensionConfig @identifier
        =envoy.config.rbac.v3.Principal.Authenticated
        principal_name 2 m envoy.type.matcher.v3.StringMatcher
        =envoy.config.rbac.v3.Principal.Set
        ids 1 m* envoy.config.rbac.v3.Principal
        =envoy.config.rbac.v3.RBAC
        action 1 e
        policies 2 m% envoy.config.rbac.v3.Policy
        audit_logging_options 3 m ?
        =envoy.config.route.v3.DirectResponseAction
        status 1 u
        body 2 m envoy.config.core.v3.DataSource
        body_format 3 m envoy.config.core.v3.SubstitutionFormatString
        =envoy.config.route.v3.HeaderMatcher
        name 1 s
        exact_match 4 s @header_match_specifier
        range_match 6 m envoy.type.v3.Int64Range @header_match_specifier
        present_match 7 b @header_match_specifier
        invert_match 8 b
        prefix_match 9 s @header_match_specifier
        suffix_match 10 s @header_match_specifier
        safe_regex_match 11 m envoy.type.matcher.v3.RegexMatcher @header_match_specifier
        contains_match 12 s @header_match_specifier
        string_match 13 m envoy.type.matcher.v3.StringMatcher @header_match_specifier
        treat_missing_header_as_empty 14 b
        =envoy.config.route.v3.QueryParameterMatcher
        name 1 s
        string_match 5 m envoy.type.matcher.v3.StringMatcher @query_parameter_match_specifier
        present_match 6 b @query_parameter_match_specifier
        =envoy.config.route.v3.RedirectAction
        host_redirect 1 s
        path_redirect 2 s @path_rewrite_specifier
        response_code 3 e
        https_redirect 4 b @scheme_rewrite_specifier
        prefix_rewrite 5 s @path_rewrite_specifier
        strip_query 6 b
        scheme_redirect 7 s @scheme_rewrite_specifier
        port_redirect 8 u
        regex_rewrite 9 m envoy.type.matcher.v3.RegexMatchAndSubstitute @path_rewrite_specifier
        =envoy.config.route.v3.RetryPolicy
        retry_on 1 s
        num_retries 2 m google.protobuf.UInt32Value
        per_try_timeout 3 m google.protobuf.Duration
        retry_priority 4 m ?
        retry_host_predicate 5 m* envoy.config.route.v3.RetryPolicy.RetryHostPredicate
        host_selection_retry_max_attempts 6 i
        retriable_status_codes 7 u*
        retry_back_off 8 m envoy.config.route.v3.RetryPolicy.RetryBackOff
        retriable_headers 9 m* envoy.config.route.v3.HeaderMatcher
        retriable_request_headers 10 m* envoy.config.route.v3.HeaderMatcher
        rate_limited_retry_back_off 11 m ?
        retry_options_predicates 12 m* envoy.config.core.v3.TypedExtensionConfig
        per_try_idle_timeout 13 m google.protobuf.Duration
        =envoy.config.route.v3.RetryPolicy.RetryBackOff
        base_interval 1 m google.protobuf.Duration
        max_interval 2 m google.protobuf.Duration
        =envoy.config.route.v3.RetryPolicy.RetryHostPredicate
        name 1 s
        typed_config 3 m google.protobuf.Any
        =envoy.config.route.v3.Route
        match 1 m envoy.config.route.v3.RouteMatch
        route 2 m envoy.config.route.v3.RouteAction @action
        redirect 3 m envoy.config.route.v3.RedirectAction @action
        metadata 4 m ?
        decorator 5 m ?
        direct_response 7 m envoy.config.route.v3.DirectResponseAction @action
        request_headers_to_add 9 m* envoy.config.core.v3.HeaderValueOption
        response_headers_to_add 10 m* envoy.config.core.v3.HeaderValueOption
        response_headers_to_remove 11 s*
        request_headers_to_remove 12 s*
        typed_per_filter_config 13 m% google.protobuf.Any
        name 14 s
        tracing 15 m ?
        per_request_buffer_limit_bytes 16 m google.protobuf.UInt32Value
        filter_action 17 m ? @action
        non_forwarding_action 18 m ? @action
        stat_prefix 19 s
        request_body_buffer_limit 20 m google.protobuf.UInt64Value
        =envoy.config.route.v3.RouteAction
        cluster 1 s @cluster_specifier
        cluster_header 2 s @cluster_specifier
        weighted_clusters 3 m envoy.config.route.v3.WeightedCluster @cluster_specifier
        metadata_match 4 m ?
        prefix_rewrite 5 s
        host_rewrite_literal 6 s @host_rewrite_specifier
        auto_host_rewrite 7 m google.protobuf.BoolValue @host_rewrite_specifier
        timeout 8 m google.protobuf.Duration
        retry_policy 9 m envoy.config.route.v3.RetryPolicy
        priority 11 e
        rate_limits 13 m* ?
        include_vh_rate_limits 14 m google.protobuf.BoolValue
        hash_policy 15 m* envoy.config.route.v3.RouteAction.HashPolicy
        cors 17 m ?
        cluster_not_found_response_code 20 e
        max_grpc_timeout 23 m google.protobuf.Duration
        idle_timeout 24 m google.protobuf.Duration
        upgrade_configs 25 m* envoy.config.route.v3.RouteAction.UpgradeConfig
        internal_redirect_action 26 e
        hedge_policy 27 m ?
        grpc_timeout_offset 28 m google.protobuf.Duration
        host_rewrite_header 29 s @host_rewrite_specifier
        request_mirror_policies 30 m* envoy.config.route.v3.RouteAction.RequestMirrorPolicy
        max_internal_redirects 31 m google.protobuf.UInt32Value
        regex_rewrite 32 m envoy.type.matcher.v3.RegexMatchAndSubstitute
        retry_policy_typed_config 33 m google.protobuf.Any
        internal_redirect_policy 34 m ?
        host_rewrite_path_regex 35 m envoy.type.matcher.v3.RegexMatchAndSubstitute @host_rewrite_specifier
        max_stream_duration 36 m envoy.config.route.v3.RouteAction.MaxStreamDuration
        cluster_specifier_plugin 37 s @cluster_specifier
        append_x_forwarded_host 38 b
        inline_cluster_specifier_plugin 39 m ? @cluster_specifier
        early_data_policy 40 m envoy.config.core.v3.TypedExtensionConfig
        path_rewrite_policy 41 m envoy.config.core.v3.TypedExtensionConfig
        flush_timeout 42 m google.protobuf.Duration
        host_rewrite 44 s @host_rewrite_specifier
        path_rewrite 45 s
        =envoy.config.route.v3.RouteAction.HashPolicy
        header 1 m envoy.config.route.v3.RouteAction.HashPolicy.Header @policy_specifier
        cookie 2 m ? @policy_specifier
        connection_properties 3 m ? @policy_specifier
        terminal 4 b
        query_parameter 5 m ? @policy_specifier
        filter_state 6 m ? @policy_specifier
        =envoy.config.route.v3.RouteAction.HashPolicy.Header
        header_name 1 s
        regex_rewrite 2 m envoy.type.matcher.v3.RegexMatchAndSubstitute
        =envoy.config.route.v3.RouteAction.MaxStreamDuration
        max_stream_duration 1 m google.protobuf.Duration
        grpc_timeout_header_max 2 m google.protobuf.Duration
        grpc_timeout_header_offset 3 m google.protobuf.Duration
        =envoy.config.route.v3.RouteAction.RequestMirrorPolicy
        cluster 1 s
        runtime_fraction 3 m envoy.config.core.v3.RuntimeFractionalPercent
        trace_sampled 4 m google.protobuf.BoolValue
        cluster_header 5 s
        disable_shadow_host_suffix_append 6 b
        request_headers_mutations 7 m* ?
        host_rewrite_literal 8 s
        =envoy.config.route.v3.RouteAction.UpgradeConfig
        upgrade_type 1 s
        enabled 2 m google.protobuf.BoolValue
        connect_config 3 m ?
        =envoy.config.route.v3.RouteConfiguration
        name 1 s
        virtual_hosts 2 m* envoy.config.route.v3.VirtualHost
        internal_only_headers 3 s*
        response_headers_to_add 4 m* envoy.config.core.v3.HeaderValueOption
        response_headers_to_remove 5 s*
        request_headers_to_add 6 m* envoy.config.core.v3.HeaderValueOption
        validate_clusters 7 m google.protobuf.BoolValue
        request_headers_to_remove 8 s*
        vhds 9 m ?
        most_specific_header_mutations_wins 10 b
        max_direct_response_body_size_bytes 11 m google.protobuf.UInt32Value
        cluster_specifier_plugins 12 m* ?
        request_mirror_policies 13 m* envoy.config.route.v3.RouteAction.RequestMirrorPolicy
        ignore_port_in_host_matching 14 b
        ignore_path_parameters_in_path_matching 15 b
        typed_per_filter_config 16 m% google.protobuf.Any
        metadata 17 m ?
        vhost_header 18 s
        =envoy.config.route.v3.RouteMatch
        prefix 1 s @path_specifier
        path 2 s @path_specifier
        case_sensitive 4 m google.protobuf.BoolValue
        headers 6 m* envoy.config.route.v3.HeaderMatcher
        query_parameters 7 m* envoy.config.route.v3.QueryParameterMatcher
        grpc 8 m ?
        runtime_fraction 9 m envoy.config.core.v3.RuntimeFractionalPercent
        safe_regex 10 m envoy.type.matcher.v3.RegexMatcher @path_specifier
        tls_context 11 m ?
        connect_matcher 12 m ? @path_specifier
        dynamic_metadata 13 m* ?
        path_separated_prefix 14 s @path_specifier
        path_match_policy 15 m envoy.config.core.v3.TypedExtensionConfig @path_specifier
        filter_state 16 m* ?
        =envoy.config.route.v3.VirtualHost
        name 1 s
        domains 2 s*
        routes 3 m* envoy.config.route.v3.Route
        require_tls 4 e
        virtual_clusters 5 m* ?
        rate_limits 6 m* ?
        request_headers_to_add 7 m* envoy.config.core.v3.HeaderValueOption
        cors 8 m ?
        response_headers_to_add 10 m* envoy.config.core.v3.HeaderValueOption
        response_headers_to_remove 11 s*
        request_headers_to_remove 13 s*
        include_request_attempt_count 14 b
        typed_per_filter_config 15 m% google.protobuf.Any
        retry_policy 16 m envoy.config.route.v3.RetryPolicy
        hedge_policy 17 m ?
        per_request_buffer_limit_bytes 18 m google.protobuf.UInt32Value
        include_attempt_count_in_response 19 b
        retry_policy_typed_config 20 m google.protobuf.Any
        matcher 21 m ?
        request_mirror_policies 22 m* envoy.config.route.v3.RouteAction.RequestMirrorPolicy
        include_is_timeout_retry_header 23 b
        metadata 24 m ?
        request_body_buffer_limit 25 m google.protobuf.UInt64Value
        =envoy.config.route.v3.WeightedCluster
        clusters 1 m* envoy.config.route.v3.WeightedCluster.ClusterWeight
        runtime_key_prefix 2 s
        total_weight 3 m google.protobuf.UInt32Value
        header_name 4 s @random_value_specifier
        use_hash_policy 5 m google.protobuf.BoolValue @random_value_specifier
        =envoy.config.route.v3.WeightedCluster.ClusterWeight
        name 1 s
        weight 2 m google.protobuf.UInt32Value
        metadata_match 3 m ?
        request_headers_to_add 4 m* envoy.config.core.v3.HeaderValueOption
        response_headers_to_add 5 m* envoy.config.core.v3.HeaderValueOption
        response_headers_to_remove 6 s*
        request_headers_to_remove 9 s*
        typed_per_filter_config 10 m% google.protobuf.Any
        host_rewrite_literal 11 s
        cluster_header 12 s
        =envoy.config.trace.v3.OpenTelemetryConfig
        grpc_service 1 m envoy.config.core.v3.GrpcService
        service_name 2 s
        http_service 3 m envoy.config.core.v3.HttpService
        resource_detectors 4 m* envoy.config.core.v3.TypedExtensionConfig
        sampler 5 m envoy.config.core.v3.TypedExtensionConfig
        max_cache_size 6 m google.protobuf.UInt32Value
        =envoy.config.trace.v3.Tracing
        http 1 m envoy.config.trace.v3.Tracing.Http
        =envoy.config.trace.v3.Tracing.Http
        name 1 s
        typed_config 3 m google.protobuf.Any
        =envoy.config.trace.v3.ZipkinConfig
        collector_cluster 1 s
        collector_endpoint 2 s
        trace_id_128bit 3 b
        shared_span_context 4 m google.protobuf.BoolValue
        collector_endpoint_version 5 e
        collector_hostname 6 s
        split_spans_for_request 7 b
        trace_context_option 8 e
        collector_service 9 m envoy.config.core.v3.HttpService
        =envoy.extensions.access_loggers.stream.v3.StdoutAccessLog
        log_format 1 m envoy.config.core.v3.SubstitutionFormatString
        =envoy.extensions.clusters.aggregate.v3.ClusterConfig
        clusters 1 s*
        =envoy.extensions.filters.common.fault.v3.FaultDelay
        fixed_delay 3 m google.protobuf.Duration @fault_delay_secifier
        percentage 4 m envoy.type.v3.FractionalPercent
        header_delay 5 m ? @fault_delay_secifier
        =envoy.extensions.filters.http.cors.v3.Cors
        =envoy.extensions.filters.http.cors.v3.CorsPolicy
        allow_origin_string_match 1 m* envoy.type.matcher.v3.StringMatcher
        allow_methods 2 s
        allow_headers 3 s
        expose_headers 4 s
        max_age 5 s
        allow_credentials 6 m google.protobuf.BoolValue
        filter_enabled 7 m envoy.config.core.v3.RuntimeFractionalPercent
        shadow_enabled 8 m envoy.config.core.v3.RuntimeFractionalPercent
        allow_private_network_access 9 m google.protobuf.BoolValue
        forward_not_matching_preflights 10 m google.protobuf.BoolValue
        =envoy.extensions.filters.http.fault.v3.FaultAbort
        http_status 2 u @error_type
        percentage 3 m envoy.type.v3.FractionalPercent
        header_abort 4 m ? @error_type
        grpc_status 5 u @error_type
        =envoy.extensions.filters.http.fault.v3.HTTPFault
        delay 1 m envoy.extensions.filters.common.fault.v3.FaultDelay
        abort 2 m envoy.extensions.filters.http.fault.v3.FaultAbort
        upstream_cluster 3 s
        headers 4 m* envoy.config.route.v3.HeaderMatcher
        downstream_nodes 5 s*
        max_active_faults 6 m google.protobuf.UInt32Value
        response_rate_limit 7 m ?
        delay_percent_runtime 8 s
        abort_percent_runtime 9 s
        delay_duration_runtime 10 s
        abort_http_status_runtime 11 s
        max_active_faults_runtime 12 s
        response_rate_limit_percent_runtime 13 s
        abort_grpc_status_runtime 14 s
        disable_downstream_cluster_stats 15 b
        filter_metadata 16 m google.protobuf.Struct
        =envoy.extensions.filters.http.rbac.v3.RBAC
        rules 1 m envoy.config.rbac.v3.RBAC
        shadow_rules 2 m envoy.config.rbac.v3.RBAC
        shadow_rules_stat_prefix 3 s
        matcher 4 m ?
        shadow_matcher 5 m ?
        rules_stat_prefix 6 s
        track_per_rule_stats 7 b
        =envoy.extensions.filters.http.router.v3.Router
        dynamic_stats 1 m google.protobuf.BoolValue
        start_child_span 2 b
        upstream_log 3 m* envoy.config.accesslog.v3.AccessLog
        suppress_envoy_headers 4 b
        strict_check_headers 5 s*
        respect_expected_rq_timeout 6 b
        suppress_grpc_request_failure_code_stats 7 b
        upstream_http_filters 8 m* envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter
        upstream_log_options 9 m ?
        =envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector
        enable_ja3_fingerprinting 1 m google.protobuf.BoolValue
        initial_read_buffer_size 2 m google.protobuf.UInt32Value
        enable_ja4_fingerprinting 3 m google.protobuf.BoolValue
        close_connection_on_client_hello_parsing_errors 4 b
        max_client_hello_size 5 m google.protobuf.UInt32Value
        =envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
        codec_type 1 e
        stat_prefix 2 s
        rds 3 m envoy.extensions.filters.network.http_connection_manager.v3.Rds @route_specifier
        route_config 4 m envoy.config.route.v3.RouteConfiguration @route_specifier
        http_filters 5 m* envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter
        add_user_agent 6 m google.protobuf.BoolValue
        tracing 7 m envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.Tracing
        http_protocol_options 8 m envoy.config.core.v3.Http1ProtocolOptions
        http2_protocol_options 9 m envoy.config.core.v3.Http2ProtocolOptions
        server_name 10 s
        drain_timeout 12 m google.protobuf.Duration
        access_log 13 m* envoy.config.accesslog.v3.AccessLog
        use_remote_address 14 m google.protobuf.BoolValue
        generate_request_id 15 m google.protobuf.BoolValue
        forward_client_cert_details 16 e
        set_current_client_cert_details 17 m envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.SetCurrentClientCertDetails
        proxy_100_continue 18 b
        xff_num_trusted_hops 19 u
        represent_ipv4_remote_address_as_ipv4_mapped_ipv6 20 b
        skip_xff_append 21 b
        via 22 s
        upgrade_configs 23 m* envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.UpgradeConfig
        stream_idle_timeout 24 m google.protobuf.Duration
        internal_address_config 25 m ?
        delayed_close_timeout 26 m google.protobuf.Duration
        request_timeout 28 m google.protobuf.Duration
        max_request_headers_kb 29 m google.protobuf.UInt32Value
        normalize_path 30 m google.protobuf.BoolValue
        scoped_routes 31 m ? @route_specifier
        preserve_external_request_id 32 b
        merge_slashes 33 b
        server_header_transformation 34 e
        common_http_protocol_options 35 m envoy.config.core.v3.HttpProtocolOptions
        request_id_extension 36 m ?
        always_set_request_id_in_response 37 b
        local_reply_config 38 m ?
        strip_matching_host_port 39 b
        stream_error_on_invalid_http_message 40 m google.protobuf.BoolValue
        request_headers_timeout 41 m google.protobuf.Duration
        strip_any_host_port 42 b
        path_normalization_options 43 m ?
        http3_protocol_options 44 m ?
        path_with_escaped_slashes_action 45 e
        original_ip_detection_extensions 46 m* envoy.config.core.v3.TypedExtensionConfig
        strip_trailing_host_dot 47 b
        scheme_header_transformation 48 m ?
        proxy_status_config 49 m ?
        typed_header_validation_config 50 m envoy.config.core.v3.TypedExtensionConfig
        append_x_forwarded_port 51 b
        early_header_mutation_extensions 52 m* envoy.config.core.v3.TypedExtensionConfig
        add_proxy_protocol_connection_state 53 m google.protobuf.BoolValue
        access_log_flush_interval 54 m google.protobuf.Duration
        flush_access_log_on_new_request 55 b
        access_log_options 56 m ?
        append_local_overload 57 b
        http1_safe_max_connection_duration 58 b
        stream_flush_timeout 59 m google.protobuf.Duration
        forward_client_cert_matcher 60 m ?
        =envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.SetCurrentClientCertDetails
        subject 1 m google.protobuf.BoolValue
        cert 3 b
        dns 4 b
        uri 5 b
        chain 6 b
        =envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.Tracing
        client_sampling 3 m envoy.type.v3.Percent
        random_sampling 4 m envoy.type.v3.Percent
        overall_sampling 5 m envoy.type.v3.Percent
        verbose 6 b
        max_path_tag_length 7 m google.protobuf.UInt32Value
        custom_tags 8 m* envoy.type.tracing.v3.CustomTag
        provider 9 m envoy.config.trace.v3.Tracing.Http
        spawn_upstream_span 10 m google.protobuf.BoolValue
        operation 11 s
        upstream_operation 12 s
        =envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.UpgradeConfig
        upgrade_type 1 s
        filters 2 m* envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter
        enabled 3 m google.protobuf.BoolValue
        =envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter
        name 1 s
        typed_config 4 m google.protobuf.Any @config_type
        config_discovery 5 m ? @config_type
        is_optional 6 b
        disabled 7 b
        =envoy.extensions.filters.network.http_connection_manager.v3.Rds
        config_source 1 m envoy.config.core.v3.ConfigSource
        route_config_name 2 s
        =envoy.extensions.filters.network.rbac.v3.RBAC
        rules 1 m envoy.config.rbac.v3.RBAC
        shadow_rules 2 m envoy.config.rbac.v3.RBAC
        stat_prefix 3 s
        enforcement_type 4 e
        shadow_rules_stat_prefix 5 s
        matcher 6 m ?
        shadow_matcher 7 m ?
        delay_deny 8 m google.protobuf.Duration
        =envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
        stat_prefix 1 s
        cluster 2 s @cluster_specifier
        downstream_idle_timeout 3 m google.protobuf.Duration
        upstream_idle_timeout 4 m google.protobuf.Duration
        access_log 5 m* envoy.config.accesslog.v3.AccessLog
        max_connect_attempts 7 m google.protobuf.UInt32Value
        idle_timeout 8 m google.protobuf.Duration
        metadata_match 9 m ?
        weighted_clusters 10 m envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster @cluster_specifier
        hash_policy 11 m* ?
        tunneling_config 12 m ?
        max_downstream_connection_duration 13 m google.protobuf.Duration
        on_demand 14 m ?
        access_log_flush_interval 15 m google.protobuf.Duration
        flush_access_log_on_connected 16 b
        access_log_options 17 m ?
        backoff_options 18 m ?
        proxy_protocol_tlvs 19 m* ?
        max_downstream_connection_duration_jitter_percentage 20 m envoy.type.v3.Percent
        upstream_connect_mode 21 e
        max_early_data_bytes 22 m google.protobuf.UInt32Value
        =envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster
        clusters 1 m* envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster.ClusterWeight
        =envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster.ClusterWeight
        name 1 s
        weight 2 u
        metadata_match 3 m ?
        =envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig
        resolvers 1 m* envoy.config.core.v3.Address
        dns_resolver_options 2 m envoy.config.core.v3.DnsResolverOptions
        use_resolvers_as_fallback 3 b
        filter_unroutable_families 4 b
        udp_max_queries 5 m google.protobuf.UInt32Value
        query_timeout_seconds 6 m google.protobuf.UInt64Value
        query_tries 7 m google.protobuf.UInt32Value
        rotate_nameservers 8 b
        edns0_max_payload_size 9 m google.protobuf.UInt32Value
        max_udp_channel_duration 10 m google.protobuf.Duration
        reinit_channel_on_timeout 11 b
        =envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig
        max_active_downstream_connections 1 i
        =envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate
        =envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext
        trusted_ca 1 m envoy.config.core.v3.DataSource
        verify_certificate_hash 2 s*
        verify_certificate_spki 3 s*
        require_signed_certificate_timestamp 6 m google.protobuf.BoolValue
        crl 7 m envoy.config.core.v3.DataSource
        allow_expired_certificate 8 b
        match_subject_alt_names 9 m* envoy.type.matcher.v3.StringMatcher
        trust_chain_verification 10 e
        watched_directory 11 m envoy.config.core.v3.WatchedDirectory
        custom_validator_config 12 m envoy.config.core.v3.TypedExtensionConfig
        ca_certificate_provider_instance 13 m ?
        only_verify_leaf_cert_crl 14 b
        match_typed_subject_alt_names 15 m* envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher
        max_verify_depth 16 m google.protobuf.UInt32Value
        system_root_certs 17 m ?
        =envoy.extensions.transport_sockets.tls.v3.CommonTlsContext
        tls_params 1 m envoy.extensions.transport_sockets.tls.v3.TlsParameters
        tls_certificates 2 m* envoy.extensions.transport_sockets.tls.v3.TlsCertificate
        validation_context 3 m envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext @validation_context_type
        alpn_protocols 4 s*
        tls_certificate_sds_secret_configs 6 m* envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig
        validation_context_sds_secret_config 7 m envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig @validation_context_type
        combined_validation_context 8 m envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CombinedCertificateValidationContext @validation_context_type
        tls_certificate_certificate_provider 9 m ?
        validation_context_certificate_provider 10 m ? @validation_context_type
        tls_certificate_certificate_provider_instance 11 m ?
        validation_context_certificate_provider_instance 12 m ? @validation_context_type
        custom_handshaker 13 m envoy.config.core.v3.TypedExtensionConfig
        tls_certificate_provider_instance 14 m ?
        key_log 15 m ?
        custom_tls_certificate_selector 16 m envoy.config.core.v3.TypedExtensionConfig
        =envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CombinedCertificateValidationContext
        default_validation_context 1 m envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext
        validation_context_sds_secret_config 2 m envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig
        validation_context_certificate_provider 3 m ?
        validation_context_certificate_provider_instance 4 m ?
        =envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
        common_tls_context 1 m envoy.extensions.transport_sockets.tls.v3.CommonTlsContext
        require_client_certificate 2 m google.protobuf.BoolValue
        require_sni 3 m google.protobuf.BoolValue
        session_ticket_keys 4 m ? @session_ticket_keys_type
        session_ticket_keys_sds_secret_config 5 m envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig @session_ticket_keys_type
        session_timeout 6 m google.protobuf.Duration
        disable_stateless_session_resumption 7 b @session_ticket_keys_type
        ocsp_staple_policy 8 e
        full_scan_certs_on_sni_mismatch 9 m google.protobuf.BoolValue
        disable_stateful_session_resumption 10 b
        prefer_client_ciphers 11 b
        =envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig
        trust_domains 1 m* envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig.TrustDomain
        trust_bundles 2 m envoy.config.core.v3.DataSource
        =envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig.TrustDomain
        name 1 s
        trust_bundle 2 m envoy.config.core.v3.DataSource
        =envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig
        name 1 s
        sds_config 2 m envoy.config.core.v3.ConfigSource
        =envoy.extensions.transport_sockets.tls.v3.Secret
        name 1 s
        tls_certificate 2 m envoy.extensions.transport_sockets.tls.v3.TlsCertificate @type
        session_ticket_keys 3 m ? @type
        validation_context 4 m envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext @type
        generic_secret 5 m ? @type
        =envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher
        san_type 1 e
        matcher 2 m envoy.type.matcher.v3.StringMatcher
        oid 3 s
        =envoy.extensions.transport_sockets.tls.v3.TlsCertificate
        certificate_chain 1 m envoy.config.core.v3.DataSource
        private_key 2 m envoy.config.core.v3.DataSource
        password 3 m envoy.config.core.v3.DataSource
        ocsp_staple 4 m envoy.config.core.v3.DataSource
        signed_certificate_timestamp 5 m* envoy.config.core.v3.DataSource
        private_key_provider 6 m ?
        watched_directory 7 m envoy.config.core.v3.WatchedDirectory
        pkcs12 8 m envoy.config.core.v3.DataSource
        =envoy.extensions.transport_sockets.tls.v3.TlsParameters
        tls_minimum_protocol_version 1 e
        tls_maximum_protocol_version 2 e
        cipher_suites 3 s*
        ecdh_curves 4 s*
        signature_algorithms 5 s*
        compliance_policies 6 e*
        =envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
        common_tls_context 1 m envoy.extensions.transport_sockets.tls.v3.CommonTlsContext
        sni 2 s
        allow_renegotiation 3 b
        max_session_keys 4 m google.protobuf.UInt32Value
        enforce_rsa_key_usage 5 m google.protobuf.BoolValue
        auto_host_sni 6 b
        auto_sni_san_validation 7 b
        =envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        common_http_protocol_options 1 m envoy.config.core.v3.HttpProtocolOptions
        upstream_http_protocol_options 2 m ?
        explicit_http_config 3 m envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig @upstream_protocol_options
        use_downstream_protocol_config 4 m ? @upstream_protocol_options
        auto_config 5 m envoy.extensions.upstreams.http.v3.HttpProtocolOptions.AutoHttpConfig @upstream_protocol_options
        http_filters 6 m* envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter
        header_validation_config 7 m envoy.config.core.v3.TypedExtensionConfig
        outlier_detection 8 m ?
        request_mirror_policies 9 m* envoy.config.route.v3.RouteAction.RequestMirrorPolicy
        hash_policy 10 m* envoy.config.route.v3.RouteAction.HashPolicy
        retry_policy 11 m envoy.config.route.v3.RetryPolicy
        =envoy.extensions.upstreams.http.v3.HttpProtocolOptions.AutoHttpConfig
        http_protocol_options 1 m envoy.config.core.v3.Http1ProtocolOptions
        http2_protocol_options 2 m envoy.config.core.v3.Http2ProtocolOptions
        http3_protocol_options 3 m ?
        alternate_protocols_cache_options 4 m ?
        =envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig
        http_protocol_options 1 m envoy.config.core.v3.Http1ProtocolOptions @protocol_config
        http2_protocol_options 2 m envoy.config.core.v3.Http2ProtocolOptions @protocol_config
        http3_protocol_options 3 m ? @protocol_config
        =envoy.service.discovery.v3.DeltaDiscoveryRequest
        node 1 m envoy.config.core.v3.Node
        type_url 2 s
        resource_names_subscribe 3 s*
        resource_names_unsubscribe 4 s*
        initial_resource_versions 5 s%
        response_nonce 6 s
        error_detail 7 m google.rpc.Status
        resource_locators_subscribe 8 m* envoy.service.discovery.v3.ResourceLocator
        resource_locators_unsubscribe 9 m* envoy.service.discovery.v3.ResourceLocator
        =envoy.service.discovery.v3.DeltaDiscoveryResponse
        system_version_info 1 s
        resources 2 m* envoy.service.discovery.v3.Resource
        type_url 4 s
        nonce 5 s
        removed_resources 6 s*
        control_plane 7 m envoy.config.core.v3.ControlPlane
        removed_resource_names 8 m* envoy.service.discovery.v3.ResourceName
        resource_errors 9 m* envoy.service.discovery.v3.ResourceError
        =envoy.service.discovery.v3.DiscoveryRequest
        version_info 1 s
        node 2 m envoy.config.core.v3.Node
        resource_names 3 s*
        type_url 4 s
        response_nonce 5 s
        error_detail 6 m google.rpc.Status
        resource_locators 7 m* envoy.service.discovery.v3.ResourceLocator
        =envoy.service.discovery.v3.DiscoveryResponse
        version_info 1 s
        resources 2 m* google.protobuf.Any
        canary 3 b
        type_url 4 s
        nonce 5 s
        control_plane 6 m envoy.config.core.v3.ControlPlane
        resource_errors 7 m* envoy.service.discovery.v3.ResourceError
        =envoy.service.discovery.v3.Resource
        version 1 s
        resource 2 m google.protobuf.Any
        name 3 s
        aliases 4 s*
        ttl 6 m google.protobuf.Duration
        cache_control 7 m ?
        resource_name 8 m envoy.service.discovery.v3.ResourceName
        metadata 9 m ?
        =envoy.service.discovery.v3.ResourceError
        resource_name 1 m envoy.service.discovery.v3.ResourceName
        error_detail 2 m google.rpc.Status
        =envoy.service.discovery.v3.ResourceLocator
        name 1 s
        dynamic_parameters 2 s%
        =envoy.service.discovery.v3.ResourceName
        name 1 s
        dynamic_parameter_constraints 2 m ?
        =envoy.type.matcher.v3.PathMatcher
        path 1 m envoy.type.matcher.v3.StringMatcher
        =envoy.type.matcher.v3.RegexMatchAndSubstitute
        pattern 1 m envoy.type.matcher.v3.RegexMatcher
        substitution 2 s
        =envoy.type.matcher.v3.RegexMatcher
        google_re2 1 m ?
        regex 2 s
        =envoy.type.matcher.v3.StringMatcher
        exact 1 s @match_pattern
        prefix 2 s @match_pattern
        suffix 3 s @match_pattern
        safe_regex 5 m envoy.type.matcher.v3.RegexMatcher @match_pattern
        ignore_case 6 b
        contains 7 s @match_pattern
        custom 8 m ? @match_pattern
        =envoy.type.tracing.v3.CustomTag
        tag 1 s
        literal 2 m envoy.type.tracing.v3.CustomTag.Literal @type
        environment 3 m envoy.type.tracing.v3.CustomTag.Environment @type
        request_header 4 m envoy.type.tracing.v3.CustomTag.Header @type
        metadata 5 m ? @type
        value 6 s @type
        =envoy.type.tracing.v3.CustomTag.Environment
        name 1 s
        default_value 2 s
        =envoy.type.tracing.v3.CustomTag.Header
        name 1 s
        default_value 2 s
        =envoy.type.tracing.v3.CustomTag.Literal
        value 1 s
        =envoy.type.v3.FractionalPercent
        numerator 1 u
        denominator 2 e
        =envoy.type.v3.Int64Range
        start 1 i
        end 2 i
        =envoy.type.v3.Percent
        value 1 d
        =envoy.type.v3.SemanticVersion
        major_number 1 u
        minor_number 2 u
        patch 3 u
        =google.protobuf.Any
        type_url 1 s
        value 2 y
        =google.protobuf.BoolValue
        value 1 b
        =google.protobuf.BytesValue
        value 1 y
        =google.protobuf.DoubleValue
        value 1 d
        =google.protobuf.Duration
        seconds 1 i
        nanos 2 i
        =google.protobuf.Empty
        =google.protobuf.FloatValue
        value 1 f
        =google.protobuf.Int32Value
        value 1 i
        =google.protobuf.Int64Value
        value 1 i
        =google.protobuf.ListValue
        values 1 m* google.protobuf.Value
        =google.protobuf.StringValue
        value 1 s
        =google.protobuf.Struct
        fields 1 m% google.protobuf.Value
        =google.protobuf.Timestamp
        seconds 1 i
        nanos 2 i
        =google.protobuf.UInt32Value
        value 1 u
        =google.protobuf.UInt64Value
        value 1 u
        =google.protobuf.Value
        null_value 1 e @kind
        number_value 2 d @kind
        string_value 3 s @kind
        bool_value 4 b @kind
        struct_value 5 m google.protobuf.Struct @kind
        list_value 6 m google.protobuf.ListValue @kind
        =google.rpc.Status
        code 1 i
        message 2 s
        details 3 m* google.protobuf.Any
        """
}
