export const RoutingPage = () => null
